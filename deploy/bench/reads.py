"""Measures what customers ask most, beside the same in Python, in one run on one machine: `deploy/local bench reads` starts what is needed and
fills it by SQL.

An absolute figure means nothing on a shared machine: read the ratios, and the CPU time per request. Before anything is measured the answers
are compared: the same payments, in the same order.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from measure import bearer, cpu, sql

HERE = os.path.dirname(os.path.abspath(__file__))

FILL = """
SET session_replication_role = replica; -- no trail of what nobody did
SET search_path = checkout;
INSERT INTO customers (user_id, stripe_customer_id) SELECT 'user_' || n, 'cus_' || n FROM generate_series(1, USERS) AS n;
INSERT INTO subscriptions (stripe_subscription_id, user_id, stripe_customer_id, plan_id, price_id, status, current_period_start, current_period_end,
                           cancel_at_period_end, latest_invoice_id, stripe_created_at, source_time, read_ticket)
SELECT 'sub_' || n, 'user_' || n, 'cus_' || n, 'basic', 'price_basic', 'active', now(), now() + interval '1 month', false, 'in_' || n, now(), now(), 0
FROM generate_series(1, USERS) AS n;
INSERT INTO access (user_id, generation, wanted, reason, entitled_until, decided_at, since)
SELECT 'user_' || n, 1, 'on', 'active', now() + interval '1 month', now(), now() FROM generate_series(1, USERS) AS n;
INSERT INTO payments (user_id, stripe_payment_intent_id, stripe_charge_id, stripe_invoice_id, stripe_subscription_id, stripe_customer_id, amount,
                      currency, status, payment_method, plan_id, plan_name, metadata, by_invoice, word_at, created_at, paid_at)
SELECT 'user_' || n % USERS + 1, 'pi_' || n, 'ch_' || n, 'in_' || n, 'sub_' || n % USERS + 1, 'cus_' || n % USERS + 1, 1900, 'usd', 'succeeded', 'card',
       'basic', 'Basic', jsonb_build_object('user_id', 'user_' || n % USERS + 1), false, now(), now() - n / USERS * interval '31 days', now()
FROM generate_series(0, PAYMENTS - 1) AS n;
ANALYZE;
"""
PATHS = {"history": "/api/payment/payment-history", "status": "/api/payment/subscription-status"}


def get(url, token):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": "Bearer " + token})) as answer:
        return json.load(answer)


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.database = os.environ["BENCH_DATABASE_URL"]
        self.postgres = int(os.environ["BENCH_POSTGRES_PID"])
        self.servers = {"ours": (os.environ["CHECKOUT_URL"], int(os.environ["CHECKOUT_PID"]))}
        port = os.environ["BENCH_PYTHON_PORT"]
        self.peer = subprocess.Popen(["/usr/bin/python3", HERE + "/peers/reads.py", port, self.database, str(arguments.workers)],
            env={**os.environ, "PYTHONPATH": os.environ["BENCH_PYTHON"]})
        self.servers["python"] = ("http://127.0.0.1:" + port, self.peer.pid)
        self.runs = {}

    def prepare(self):
        users = self.arguments.payments // 10
        began = time.monotonic()
        if sql(self.database, "SELECT count(*) FROM checkout.payments") == "0":
            sql(self.database, FILL.replace("USERS", str(users)).replace("PAYMENTS", str(self.arguments.payments)))
        print("  %d payments of %d users, filled in %.0f s" % (self.arguments.payments, users, time.monotonic() - began), flush=True)
        secret = os.environ["AUTH_JWT_SECRET"].split(",")[0].strip()
        names = ["user_%d" % random.Random(1).randint(1, users)] + ["user_%d" % random.randint(1, users) for _ in range(20000)]
        self.tokens = tempfile.NamedTemporaryFile("w", prefix="bench-")
        tokens = [bearer.token(secret, name, 7200, False) for name in names]
        self.tokens.write("\n".join(tokens))
        self.tokens.flush()
        self.wait(tokens[0])
        ours, python = (get(self.servers[name][0] + PATHS["history"], tokens[0])["data"] for name in ("ours", "python"))
        if not ours or [row["id"] for row in ours] != [row["id"] for row in python]:
            sys.exit("the answers are not the same: this run counts for nothing")
        ours, python = (get(self.servers[name][0] + PATHS["status"], tokens[0])["subscription"] for name in ("ours", "python"))
        if ours["id"] != python["stripe_subscription_id"] or not ours["entitled"]:
            sys.exit("the answers are not the same: this run counts for nothing")

    def wait(self, token):
        for _ in range(100):
            try:
                return get(self.servers["python"][0] + PATHS["status"], token)
            except OSError:
                time.sleep(0.1)
        sys.exit("the Python peer does not start")

    def load(self, name, kind):
        url, pid = self.servers[name]
        began = cpu(pid), cpu(self.postgres)
        output = subprocess.run(
            ["wrk", "-t", "1", "-c", str(self.arguments.connections), "-d", "%ds" % self.arguments.seconds, "-s", HERE + "/reads.lua", url, "--",
             PATHS[kind], self.tokens.name], check=True, capture_output=True, text=True).stdout
        used = cpu(pid) - began[0], cpu(self.postgres) - began[1]
        answered, errors, seconds, p50, p99 = [row for row in output.splitlines() if row.startswith("BENCH")][0].split()[1:]
        if int(errors) or not int(answered):
            sys.exit("%s: %s answers, %s errors: this run counts for nothing" % (name, answered, errors))
        run = {"rate": int(answered) / float(seconds), "p50": float(p50), "p99": float(p99),
               "service": used[0] * 1e6 / int(answered), "postgres": used[1] * 1e6 / int(answered)}
        self.runs.setdefault((kind, name), []).append(run)
        print("  %-7s %-7s %7.0f/s   p50 %6.2f  p99 %7.2f ms   CPU µs each: service %4.0f, PostgreSQL %4.0f" % (
            kind, name, run["rate"], run["p50"], run["p99"], run["service"], run["postgres"]), flush=True)

    def run(self):
        self.prepare()
        for turn in range(self.arguments.runs + 1):
            if turn == 1:
                self.runs = {} # the first warms up
            for kind in PATHS:
                names = list(self.servers)
                for name in names[turn % 2:] + names[:turn % 2]:
                    self.load(name, kind)
        print("\nMedians of %d runs at %d connections" % (self.arguments.runs, self.arguments.connections))
        for kind in PATHS:
            ours, python = (
                {key: statistics.median(run[key] for run in self.runs[kind, name]) for key in ("rate", "service", "postgres")} for name in self.servers)
            print("bench reads: %-7s %6.0f/s, %.2f × Starlette's %6.0f/s; CPU each %.0f µs (PostgreSQL %.0f) against %.0f (%.0f)" % (
                kind, ours["rate"], ours["rate"] / python["rate"], python["rate"], ours["service"] + ours["postgres"], ours["postgres"],
                python["service"] + python["postgres"], python["postgres"]))

    def close(self):
        self.peer.terminate()
        self.peer.wait()


def main():
    parser = argparse.ArgumentParser(prog="deploy/local bench reads")
    parser.add_argument("--payments", type=int, default=1_000_000, help="ten of each user")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=6, help="of each run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="of the Python peer")
    bench = Bench(parser.parse_args())
    try:
        bench.run()
    finally:
        bench.close()


main()
