"""Measures what one event costs from Stripe's delivery until everything is at rest, now and at the commit where that began to be measured,
in one run on one machine: `deploy/local bench pipeline` builds both.

An absolute figure means nothing on a shared machine: read the ratios, and the CPU time per event. Each run is checked: every customer
who paid has access, nothing is parked, nothing waits in an outbox or for a retry.
"""
import argparse
import collections
import http.client
import json
import os
import queue
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

from measure import bearer, cpu

SERVICES = ["checkout", "webhook", "refund", "analytics", "enforcement"]
# What the goals are about; the broker and the stand-in for Stripe are shown apart.
OURS = SERVICES + ["postgres"]
LEFT = """
SELECT (SELECT count(*) FROM webhook.stripe_webhooks WHERE NOT processed)
    + (SELECT count(*) FROM enforcement.access WHERE asked_at IS NOT NULL OR stop_due_at IS NOT NULL OR claimed_until IS NOT NULL)
    + %s
    + (SELECT count(*) FROM enforcement.access WHERE wanted = 'off' AND user_id LIKE '%%PREFIX%%')
""" % "\n    + ".join(
    ["(SELECT count(*) FROM %s.WAITING)" % name for name in ("checkout", "refund", "enforcement")]
    + ["(SELECT count(*) FROM %s.inbox WHERE status = 'retry')" % name for name in SERVICES])

# What a service has said in eight days and heard in 45, of which the oldest are to be purged.
FILL = [
    "SET session_replication_role = replica", # nothing of this waits to be published
    # With partitions for what is a little too old.
    """DO $$ BEGIN PERFORM SERVICE.turn_partitions('inbox_done', now() - interval '10 days'),
                          SERVICE.turn_partitions('outbox_said', now() - interval '1 day'); END $$""",
    """INSERT INTO SERVICE.outbox_said (message_id, exchange, routing_key, body, said_at)
    SELECT gen_random_uuid(), 'payments.events', 'payment.recorded.v1', convert_to(repeat(md5(n::text), 16), 'UTF8'),
           now() - (ROWS - n) * interval '8 days' / ROWS
    FROM generate_series(1, ROWS) AS n""",
    """INSERT INTO SERVICE.inbox_done (message_id, queue, said_at)
    SELECT 'evt_' || md5(n::text), 'SERVICE.stripe-events', now() - (ROWS - n) * interval '45 days' / ROWS
    FROM generate_series(1, ROWS) AS n""",
    "RESET session_replication_role",
    "VACUUM ANALYZE SERVICE.outbox_said, SERVICE.inbox_done",
    "CHECKPOINT",
]
BUSIEST = ["checkout", "enforcement"]


class Installation:
    """One commit's everything: servers, services, sandbox, in a home of its own."""

    def __init__(self, name, root, home):
        self.name, self.root, self.home = name, root, home
        self.runs = []

    def script(self, *arguments):
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR", "USER")}
        environment = {**kept, "PAYMENTS_HOME": self.home, "CONFIGURATION": "release", "LOG_LEVEL": "notice"}
        return subprocess.run(
            [self.root + "/deploy/" + arguments[0], *arguments[1:]], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    def up(self):
        self.script("local", "up")
        self.settings = dict(row.split("=", 1) for row in self.script("local", "env").splitlines() if "=" in row)
        self.processes = {name: int(self.settings[name.upper() + "_PID"]) for name in SERVICES}
        self.processes["postgres"] = int(self.script("postgres/cluster", "status", self.home + "/postgres").split()[1])
        self.processes["rabbitmq"] = int(self.script("rabbitmq/node", "status", self.home + "/rabbitmq").split()[1])
        with open(self.home + "/run/sandbox.pid") as record:
            self.processes["sandbox"] = int(record.read().split()[0])
        port = urllib.parse.urlsplit(self.settings["OBSERVER_DATABASE_URL"]).port
        password = self.script("postgres/cluster", "password", self.home + "/postgres").strip()
        self.session = lambda: subprocess.Popen(
            ["psql", "-XAtq", "postgresql://postgres@127.0.0.1:%d/payments" % port], env={**os.environ, "PGPASSWORD": password},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.psql = self.session()
        self.processes["bench"] = int(self.sql("SELECT pg_backend_pid()"))

    def down(self):
        self.psql.stdin.close()
        self.psql.wait()
        self.script("local", "down")

    def fill(self, rows):
        began = time.monotonic()
        for service in BUSIEST:
            for statement in FILL:
                self.psql.stdin.write(" ".join(statement.replace("ROWS", str(rows)).replace("SERVICE", service).split()) + ";\n")
            if self.sql("SELECT count(*) >= %d FROM %s.inbox_done" % (rows, service)) != "t":
                sys.exit("the tables could not be filled")
        print("  %d rows in inbox and outbox of %s, filled in %.0f s" % (rows, " and ".join(BUSIEST), time.monotonic() - began), flush=True)

    def hold_snapshot(self):
        """A report or a dump: a transaction that sees everything as it is now, until the process ends."""
        holder = self.session()
        holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM checkout.customers;\n")
        holder.stdin.flush()
        holder.stdout.readline()
        return holder

    def sql(self, statement):
        """One value, asked on a connection that stays: many short ones would be measured with the rest."""
        self.psql.stdin.write(" ".join(statement.split()) + ";\n")
        self.psql.stdin.flush()
        return self.psql.stdout.readline().strip()

    def sandbox(self, method, path, body=None):
        url = urllib.parse.urlsplit(self.settings["SANDBOX_URL"])
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=600)
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit("%s: %s %s answers %d %s" % (self.name, method, path, answer.status, text[:300]))
        return json.loads(text)

    def at_rest(self, prefix):
        waiting = "outbox_pending" if self.name == "now" else "outbox WHERE published_at IS NULL"
        condition = LEFT.replace("PREFIX", prefix).replace("WAITING", waiting)
        for _ in range(3000):
            if self.sandbox("GET", "/_sandbox/deliveries")["undelivered"] == 0 and self.sql(condition) == "0":
                return
            time.sleep(0.1)
        sys.exit("%s: not at rest after five minutes: %s left" % (self.name, self.sql(condition)))

    def counts(self):
        """What PostgreSQL has counted; it tells of a connection's work up to ten seconds after it."""
        time.sleep(11)
        return {"commits": int(self.sql("SELECT xact_commit FROM pg_stat_database WHERE datname = 'payments'")),
                "requests": len(self.sandbox("GET", "/_sandbox/requests")["requests"])}

    def measure(self, kind, units, prefix, work):
        """Does `work` for so many customers until everything is at rest; what that took."""
        before = {**self.counts(), "events": int(self.sql("SELECT count(*) FROM webhook.stripe_webhooks")),
                  "wal": int(self.sql("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")),
                  "cpu": {name: cpu(pid) for name, pid in self.processes.items()}}
        began = time.monotonic()
        work()
        self.at_rest(prefix)
        seconds = time.monotonic() - began
        used = {name: cpu(pid) - before["cpu"][name] for name, pid in self.processes.items()}
        # To see whether all is at rest is no part of an event's cost.
        used["postgres"] -= used.pop("bench")
        wal = int(self.sql("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")) - before["wal"]
        events = int(self.sql("SELECT count(*) FROM webhook.stripe_webhooks")) - before["events"]
        parked = self.sql(" + ".join("(SELECT count(*) FROM %s.inbox WHERE status = 'parked')" % name for name in SERVICES).join(("SELECT ", "")))
        if parked != "0":
            sys.exit("%s: %s messages are parked: this run counts for nothing" % (self.name, parked))
        after = self.counts()
        asked = self.sandbox("GET", "/_sandbox/requests")["requests"][before["requests"]:]
        kinds = collections.Counter("%s %s" % (one["method"], re.sub(r"/[a-z]+_(?=\w*[0-9A-Z])\w+", "/{id}", one["path"])) for one in asked)
        run = {"kind": kind, "events": events, "rate": events / seconds, "commits": (after["commits"] - before["commits"]) / events,
               "wal": wal / events, "reads": sum(number for name, number in kinds.items() if name.startswith("GET")) / units,
               "cpu": {name: used[name] / events * 1e6 for name in used}, "kinds": {name: number / units for name, number in kinds.items()}}
        run["ours"] = sum(run["cpu"][name] for name in OURS)
        self.runs.append(run)
        print("  %-5s %-9s %5d events, %6.0f events/s, %6.0f µs of CPU each for services and PostgreSQL" % (
            self.name, kind, events, run["rate"], run["ours"]), flush=True)

    def sign_up(self, prefix, users, threads):
        """Customers who order and pay, as fast as they go."""
        waiting, faults = queue.Queue(), []
        for number in range(users):
            waiting.put("%s%d" % (prefix, number))
        gateway, stripe = (urllib.parse.urlsplit(self.settings[name]) for name in ("GATEWAY_URL", "SANDBOX_URL"))

        def post(connection, path, body, headers):
            while True:
                connection.request("POST", path, json.dumps(body), {**headers, "Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 429:
                    return json.loads(text) if answer.status == 200 else faults.append((path, answer.status, text[:200]))
                time.sleep(0.2)

        def work():
            api, page = (http.client.HTTPConnection(url.hostname, url.port, timeout=60) for url in (gateway, stripe))
            while True:
                try:
                    user = waiting.get_nowait()
                except queue.Empty:
                    return
                headers = {"Authorization": "Bearer " + bearer.token(self.settings["AUTH_JWT_SECRET"], user, 600, False)}
                session = post(api, "/api/payment/create-checkout-session", {"plan_id": "basic"}, headers)
                if session:
                    post(page, "/_sandbox/checkout/sessions/%s/pay" % session["session_id"], {"card": "4242424242424242"}, {})

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if faults:
            sys.exit("%s: %d calls failed, such as %s" % (self.name, len(faults), faults[0]))

    def run(self, arguments, turn):
        self.up()
        try:
            prefix = "turn%d_" % turn
            self.sign_up("warm_" + prefix, 32, arguments.threads)
            self.at_rest(prefix)
            self.measure("sign-ups", arguments.users, prefix, lambda: self.sign_up(prefix, arguments.users, arguments.threads))
            subscribers = int(self.sql("SELECT count(*) FROM enforcement.access WHERE wanted = 'on'"))
            self.measure("renewals", subscribers, prefix, lambda: self.sandbox("POST", "/_sandbox/clock/advance", {"seconds": 32 * 86400}))
        finally:
            self.down()

    def run_full(self, arguments):
        """The same sign-ups on empty tables, on full ones, and while somebody holds a snapshot; then the purge."""
        turns = iter(range(1000))

        def measure(kind, runs):
            for _ in range(runs):
                prefix = "turn%d_" % next(turns)
                self.measure(kind, arguments.users, prefix, lambda: self.sign_up(prefix, arguments.users, arguments.threads))

        self.up()
        try:
            self.sign_up("warm_", 32, arguments.threads)
            self.at_rest("warm_")
            measure("empty", arguments.runs)
            self.fill(arguments.rows)
            self.sign_up("again_", 32, arguments.threads)
            self.at_rest("again_")
            measure("full", arguments.runs)
            holder, began = self.hold_snapshot(), time.monotonic()
            while time.monotonic() - began < arguments.held:
                measure("holding", 1)
            measure("held", arguments.runs)
            holder.kill()
            holder.wait()
            for service in BUSIEST:
                for table in ("outbox_said", "inbox_done"):
                    rows = "SELECT count(*) FROM %s.%s" % (service, table)
                    before, began = int(self.sql(rows)), time.monotonic()
                    dropped = self.sql("SELECT %s.turn_partitions('%s')" % (service, table))
                    seconds = time.monotonic() - began
                    print("  purge of %s.%s: %s partitions, %d rows, in %.2f s" % (service, table, dropped, before - int(self.sql(rows)), seconds), flush=True)
        finally:
            self.down()
        empty = medians(self, "empty")
        for kind in ("empty", "full", "held"):
            row = medians(self, kind)
            print("  %-6s %5.0f events/s, %5.0f µs each (%.2f × empty), PostgreSQL %5.0f µs (%.2f ×), %6.0f bytes of WAL" % (
                kind, row["rate"], row["ours"], row["ours"] / empty["ours"], row["cpu"]["postgres"], row["cpu"]["postgres"] / empty["cpu"]["postgres"],
                row["wal"]))


def medians(installation, kind):
    runs = [run for run in installation.runs if run["kind"] == kind]
    middle = {name: statistics.median(run[name] for run in runs) for name in ("events", "rate", "commits", "wal", "reads", "ours")}
    middle["cpu"] = {name: statistics.median(run["cpu"][name] for run in runs) for name in runs[0]["cpu"]}
    middle["kinds"] = runs[-1]["kinds"]
    return middle


def report(installations, arguments):
    print("\nMedians of %d runs of %d customers; CPU in µs per event" % (arguments.runs, arguments.users))
    print("                     events/s   ours  | %s | commits  WAL bytes | reads at Stripe" % "  ".join("%9s" % name for name in OURS + ["rabbitmq", "sandbox"]))
    for kind in ("sign-ups", "renewals"):
        table = {one.name: medians(one, kind) for one in installations}
        for name, row in table.items():
            print("  %-9s %-6s %9.0f %7.0f | %s | %7.1f %10.0f | %5.1f each" % (
                kind, name, row["rate"], row["ours"], "  ".join("%9.0f" % row["cpu"][process] for process in OURS + ["rabbitmq", "sandbox"]),
                row["commits"], row["wal"], row["reads"]))
        now = table["now"]
        print("    asked of Stripe: " + ", ".join("%.1f × %s" % (number, name) for name, number in sorted(now["kinds"].items(), key=lambda one: -one[1]) if number > 0.05))
        if "then" in table:
            then = table["then"]
            print("    now is %.2f × the events/s of then, at 1/%.2f of its CPU (services 1/%.2f, PostgreSQL 1/%.2f)" % (
                now["rate"] / then["rate"], then["ours"] / now["ours"],
                (then["ours"] - then["cpu"]["postgres"]) / (now["ours"] - now["cpu"]["postgres"]), then["cpu"]["postgres"] / now["cpu"]["postgres"]))


def main():
    parser = argparse.ArgumentParser(prog="deploy/local bench pipeline")
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only-now", action="store_true", help="measure this checkout alone")
    parser.add_argument("--rows", type=int, help="measure this checkout on tables with so many rows, beside empty ones")
    parser.add_argument("--held", type=int, default=600, help="seconds for which a snapshot is held, with --rows")
    parser.add_argument("installations", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    installations = [Installation(*text.split("=")) for text in arguments.installations]
    if arguments.rows:
        return installations[-1].run_full(arguments)
    if arguments.only_now:
        installations = [one for one in installations if one.name == "now"]
    for turn in range(arguments.runs):
        # Whoever is first finds the machine in another state: each is first in turn.
        for installation in installations[turn % len(installations):] + installations[:turn % len(installations)]:
            installation.run(arguments, turn)
    report(installations, arguments)


main()
