"""Measures what admins' numbers and lists cost beside the plain SQL for them, and what keeping the sums costs the handlers:
`deploy/local bench analytics` starts what is needed and fills it by SQL.

An absolute time means nothing on a shared machine: read the ratios, and PostgreSQL's CPU time. The numbers are compared with those
of the plain SQL, row for row, before anything is measured: a wrong answer is not fast.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

import pika

from measure import cpu, memory, sql

TABLES = ["payments", "payment_attempts", "refunds", "disputes", "subscription_states"]
# Any 30 days will do; what is made is spread over all of them, however much it is.
FIRST, LAST = "2026-03-01", "2026-03-31"

FILL = """
INSERT INTO payments (payment_id, version, user_id, amount, amount_refunded, currency, status, payment_method, plan_id, created_at, paid_at,
                      stripe_payment_intent_id, stripe_charge_id, stripe_invoice_id, stripe_subscription_id)
SELECT 'pay_' || n, 1, 'user_' || n % (USERS), CASE n % 5 WHEN 0 THEN 4900 ELSE 1900 END, 0, CASE n / 3 % 10 WHEN 3 THEN 'eur' ELSE 'usd' END,
       CASE WHEN n % 50 = 1 THEN 'failed' WHEN n % 200 = 2 THEN 'refunded' ELSE 'succeeded' END, 'card',
       CASE n % 5 WHEN 0 THEN 'premium' ELSE 'basic' END, at, CASE WHEN n % 50 <> 1 THEN at END, 'pi_' || n, 'ch_' || n, 'in_' || n,
       'sub_' || n % (USERS)
FROM (SELECT n, '2026-03-01'::timestamptz + (n * 7919::bigint % 2591999) * interval '1 second' AS at FROM generate_series(FIRST, LAST) AS n) AS made;
INSERT INTO payment_attempts (attempt_id, version, payment_id, user_id, plan_id, amount, currency, failure_code, attempt_number, failed_at,
                              recovered_at)
SELECT 'try_' || n, 1, 'pay_' || n, 'user_' || n % (USERS), 'basic', 1900, CASE n / 3 % 10 WHEN 3 THEN 'eur' ELSE 'usd' END,
       (ARRAY['card_declined', 'expired_card', 'insufficient_funds', 'processing_error'])[n / 20 % 4 + 1], n / 20 % 4 + 1,
       '2026-03-01'::timestamptz + (n * 7919::bigint % 2591999) * interval '1 second', CASE WHEN n % 3 = 0 THEN '2026-03-30'::timestamptz END
FROM generate_series(FIRST, LAST, 20) AS n;
INSERT INTO refunds (refund_id, version, payment_id, user_id, amount, currency, status, reason, refunded_at)
SELECT 'ref_' || n, 1, 'pay_' || n, 'user_' || n % (USERS), 500, CASE n / 3 % 10 WHEN 3 THEN 'eur' ELSE 'usd' END, 'succeeded',
       (ARRAY['requested_by_customer', 'duplicate', 'fraudulent'])[n / 100 % 3 + 1], '2026-03-01'::timestamptz + (n * 7919::bigint % 2591999) * interval '1 second'
FROM generate_series(FIRST, LAST, 100) AS n;
INSERT INTO disputes (stripe_dispute_id, version, payment_id, user_id, amount, currency, reason, status, is_money_out, disputed_at)
SELECT 'dp_' || n, 1, 'pay_' || n, 'user_' || n % (USERS), 1900, CASE n / 3 % 10 WHEN 3 THEN 'eur' ELSE 'usd' END, 'fraudulent',
       (ARRAY['needs_response', 'won', 'lost'])[n / 1000 % 3 + 1], n / 1000 % 3 <> 1, '2026-03-01'::timestamptz + (n * 7919::bigint % 2591999) * interval '1 second'
FROM generate_series(FIRST, LAST, 1000) AS n;
INSERT INTO subscription_states (stripe_subscription_id, version, user_id, plan_id, status, amount, currency, interval, interval_count, quantity,
                                 cancel_at_period_end, ended_at, cancellation_reason, stripe_created_at, changed_at)
SELECT 'sub_' || n, version, 'user_' || n, 'basic', CASE version WHEN 1 THEN 'active' ELSE 'canceled' END, 1900,
       CASE n / 3 % 10 WHEN 3 THEN 'eur' ELSE 'usd' END, 'month', 1, 1, false, CASE version WHEN 2 THEN at END,
       CASE version WHEN 2 THEN 'payment_failed' END, at, at
FROM (SELECT n, version, '2026-02-01'::timestamptz + (n * 7919::bigint % 2400000 + (version - 1) * 2000000) * interval '1 second' AS at
      FROM generate_series(FIRST / 10, LAST / 10) AS n, generate_series(1, 2) AS version WHERE version = 1 OR n % 20 = 0) AS made
ON CONFLICT DO NOTHING;
"""

# What /admin/analytics answers, from the rows and nothing else. Each line: figure, part or day, count, amount.
PLAIN = """
WITH own AS MATERIALIZED (
    SELECT amount, status, plan_id, (dated_at AT TIME ZONE 'UTC')::date AS day FROM payments
    WHERE merged_into IS NULL AND currency = '%(currency)s' AND dated_at >= '%(first)s' AND dated_at < '%(last)s'
), failed AS MATERIALIZED (
    SELECT *, failed_at AT TIME ZONE 'UTC' AS at FROM payment_attempts
    WHERE currency = '%(currency)s' AND failed_at >= '%(first)s' AND failed_at < '%(last)s'
), newest AS (
    SELECT DISTINCT ON (stripe_subscription_id) * FROM subscription_states
    WHERE currency = '%(currency)s' AND changed_at < '%(last)s' ORDER BY stripe_subscription_id, version DESC
)
SELECT 'collected', plan_id, count(*), sum(amount) FROM own WHERE status IN ('succeeded', 'refunded') GROUP BY 2
UNION ALL SELECT 'collected', day::text, count(*), sum(amount) FROM own WHERE status IN ('succeeded', 'refunded') GROUP BY 2
UNION ALL SELECT 'failed', NULL, count(*), sum(amount) FROM own WHERE status = 'failed'
UNION ALL SELECT 'attempt_failed', failure_code, count(*), sum(amount) FROM failed GROUP BY 2
UNION ALL SELECT 'attempt_number', attempt_number::text, count(*), count(recovered_at) FROM failed GROUP BY 2
UNION ALL SELECT 'attempt_hour', extract(hour FROM at)::text, count(*), sum(amount) FROM failed GROUP BY 2
UNION ALL SELECT 'refunded', reason, count(*), sum(amount) FROM refunds
    WHERE currency = '%(currency)s' AND refunded_at >= '%(first)s' AND refunded_at < '%(last)s' AND status NOT IN ('failed', 'canceled') GROUP BY 2
UNION ALL SELECT 'disputed', status, count(*), sum(amount) FROM disputes
    WHERE currency = '%(currency)s' AND disputed_at >= '%(first)s' AND disputed_at < '%(last)s' GROUP BY 2
UNION ALL SELECT 'mrr', NULL, count(DISTINCT user_id), sum(amount) FROM newest WHERE status IN ('active', 'past_due')
"""

FILTERS = ["", "status=failed", "status=refunded", "status=canceled", "plan_id=premium", "plan_id=none", "user_id=user_77", "currency=eur",
           "currency=jpy", "from=2026-03-15", "to=2026-03-02", "min_amount=4000", "min_amount=100000", "max_amount=100", "q=pi_4711", "q=in_12345",
           "q=nobody", "sort=paid_at", "sort=-amount", "sort=amount"]  # fmt: skip


def token():
    """An admin's, made anew when it grows old: they are refused after 15 minutes."""
    made = getattr(token, "made", 0)
    if time.monotonic() - made > 600 or not made:
        command = [os.path.dirname(os.path.abspath(__file__)) + "/../local", "token", "bench", "--admin"]
        token.text, token.made = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), time.monotonic()
    return token.text


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.database, self.postgres = os.environ["BENCH_DATABASE_URL"], int(os.environ["BENCH_POSTGRES_PID"])
        self.url, self.pid = os.environ["ANALYTICS_URL"], int(os.environ["ANALYTICS_PID"])
        self.indexes = {}
        self.isGood = True

    def sql(self, statement):
        return sql(self.database, "SET search_path = analytics; SET synchronous_commit = off; " + statement)

    def get(self, path, accept=None):
        headers = {"Authorization": "Bearer " + token()} | ({"Accept": accept} if accept else {})
        return urllib.request.urlopen(urllib.request.Request(self.url + "/api/payment/admin/" + path, headers=headers), timeout=600)

    def fill(self, first, last):
        """Rows from one number to another, without what would be done for each; then all is counted once."""
        triggers = "; ".join("ALTER TABLE %s %%s TRIGGER USER" % table for table in TABLES)
        self.sql(triggers % (("DISABLE",) * len(TABLES)))
        indexes = self.sql("SELECT indexname || ' ' || indexdef FROM pg_indexes WHERE schemaname = 'analytics' AND tablename IN ('%s')"
                           " AND indexname NOT LIKE '%%_pkey'" % "', '".join(TABLES)).splitlines()  # fmt: skip
        for index in indexes:
            self.sql("DROP INDEX " + index.split()[0])
        began = time.monotonic()
        users = max(1, self.arguments.payments // 10)
        self.sql(FILL.replace("USERS", str(users)).replace("FIRST", str(first)).replace("LAST", str(last)))
        for index in indexes:
            self.sql("SET maintenance_work_mem = '1GB'; " + index.split(" ", 1)[1])
        self.sql(triggers % (("ENABLE",) * len(TABLES)))
        filled = time.monotonic() - began
        began = time.monotonic()
        differing = self.sql("SELECT count(*) FROM rebuild_figures()")
        counted = time.monotonic() - began
        for table in TABLES + ["figures"]:
            sql(self.database, "VACUUM ANALYZE analytics." + table)
        sql(self.database, "CHECKPOINT")
        print("%d payments: filled in %.0f s, all counted anew in %.0f s (%s sums)" % (last, filled, counted, differing), flush=True)

    def compare(self, currency):
        """That the answer is what the rows make."""
        answer = json.load(self.get("analytics?currency=%s&from=%s&to=%s" % (currency, FIRST, LAST)))
        rows = [row.split("|") for row in self.sql(PLAIN % {"currency": currency, "first": FIRST, "last": LAST}).splitlines()]
        plain = {(row[0], row[1]): (int(row[2]), int(row[3] or 0)) for row in rows}
        told = {("collected", one["plan_id"]): (one["payments"], one["amount"]) for one in answer["revenue"]["by_plan"]}
        told |= {("collected", one["date"]): (one["payments"], one["amount"]) for one in answer["revenue"]["by_day"] if one["payments"]}
        told |= {("attempt_failed", one["failure_code"]): (one["count"], one["amount"]) for one in answer["failures"]["by_code"]}
        told |= {("attempt_number", str(one["attempt"])): (one["count"], one["recovered"]) for one in answer["failures"]["by_attempt"]}
        told |= {("attempt_hour", str(one["hour"])): (one["count"], one["amount"]) for one in answer["failures"]["by_hour"] if one["count"]}
        told |= {("refunded", one["reason"]): (one["count"], one["amount"]) for one in answer["refunds"]["by_reason"]}
        told[("mrr", "")] = (answer["subscriptions"]["customers"], answer["subscriptions"]["mrr"])
        wrong = [key for key in told if plain.get(key) != told[key]]
        if wrong or len(told) < 40:
            sys.exit("%s: the answer is not what the rows make: %s" % (currency, [(key, plain.get(key), told[key]) for key in wrong]))

    def answer(self, times=300):
        """Milliseconds of PostgreSQL for one answer, by turns in both currencies. The least of five runs: what PostgreSQL does beside it for its
        own sake, such as writing out what was filled in, only ever adds."""
        path = "analytics?currency=%s&from=" + FIRST + "&to=" + LAST
        for _ in range(20):
            self.get(path % "usd").read()
        runs = []
        for _ in range(5):
            began = cpu(self.postgres)
            for number in range(times):
                self.get(path % ("usd", "eur")[number % 2]).read()
            runs.append((cpu(self.postgres) - began) * 1000 / times)
        return min(runs)

    def plain(self):
        """The same of the plain SQL."""
        runs = []
        for _ in range(2):
            began = cpu(self.postgres)
            for currency in ("usd", "eur"):
                self.sql("SET jit = off; " + PLAIN % {"currency": currency, "first": FIRST, "last": LAST})
            runs.append((cpu(self.postgres) - began) * 1000 / 2)
        return min(runs)

    def lists(self):
        print("\nThe first page of a list, ms from request to answer (median of 20)")
        worst = 0
        for query in FILTERS:
            times = []
            for _ in range(20):
                began = time.monotonic()
                self.get("payments?" + query).read()
                times.append((time.monotonic() - began) * 1000)
            middle = statistics.median(times)
            worst = max(worst, middle)
            print("  %-22s %8.1f" % (query or "(none)", middle), flush=True)
        self.judge(worst < 20, "every first page within 20 ms: the slowest took %.1f" % worst)

    def file(self):
        peak, done = [memory(self.pid)], threading.Event()

        def watch():
            while not done.wait(0.2):
                peak.append(memory(self.pid))

        began = time.monotonic()
        answer = self.get("payments?currency=eur", accept="text/csv")
        answer.readline()
        answer.readline()
        first = (time.monotonic() - began) * 1000
        watcher = threading.Thread(target=watch)
        watcher.start()
        lines = 1
        while chunk := answer.read(1 << 20):
            lines += chunk.count(b"\n")
        seconds = time.monotonic() - began
        done.set()
        watcher.join()
        print("\nA file of %d payments: first line after %.1f ms, %.0f lines a second, memory %.0f MiB before and %.0f at most" % (
            lines, first, lines / seconds, peak[0], max(peak)))  # fmt: skip
        self.judge(first < 20 and max(peak) < peak[0] + 32, "the first line is there within 20 ms, and memory stays flat")

    def handlers(self):
        """CPU of service and PostgreSQL for one message, with and without sums, by turns."""
        print("\nWhat a message costs, service + PostgreSQL, CPU µs (payment.recorded, new and changed)")
        costs = {True: [], False: []}
        for turn in range(10):
            keeps = turn % 2 == 0
            for table in TABLES:
                self.sql("ALTER TABLE %s %s TRIGGER USER" % (table, "ENABLE" if keeps else "DISABLE"))
            costs[keeps].append(self.hear(turn))
        for table in TABLES:
            self.sql("ALTER TABLE %s ENABLE TRIGGER USER" % table)
        with_sums, without = statistics.median(costs[True]), statistics.median(costs[False])
        print("  with sums %.0f (%s), without %.0f (%s)" % (
            with_sums, ", ".join("%.0f" % one for one in costs[True]), without, ", ".join("%.0f" % one for one in costs[False])))  # fmt: skip
        self.judge(with_sums <= 1.3 * without, "keeping sums costs the handlers %.0f %% more" % ((with_sums / without - 1) * 100))

    def hear(self, turn):
        connection = pika.BlockingConnection(pika.URLParameters(os.environ["BENCH_AMQP_URL"]))
        channel, messages = connection.channel(), self.arguments.messages
        # The service stands still meanwhile, so that it finds full deliveries, as under load, however slow this program publishes.
        os.kill(self.pid, signal.SIGSTOP)
        for number in range(messages):
            payment, version = number % (messages // 2), 1 + number // (messages // 2)
            at = "2026-05-%02dT10:00:%02dZ" % (payment % 28 + 1, payment % 60)
            data = {"payment_id": "heard_%d_%d" % (turn, payment), "version": version, "user_id": "user_%d" % payment, "amount": 1900,
                    "amount_refunded": 0, "currency": "usd", "status": ("pending", "succeeded")[version - 1], "payment_method": "card",
                    "plan_id": "basic", "stripe_payment_intent_id": "pi_h_%d_%d" % (turn, payment), "created_at": at} | (
                        {"paid_at": at} if version == 2 else {})  # fmt: skip
            event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/payments/checkout", "type": "payment.recorded.v1",
                     "time": at, "datacontenttype": "application/json", "data": data}
            channel.basic_publish("payments.events", "payment.recorded.v1", json.dumps(event), pika.BasicProperties(
                content_type="application/cloudevents+json", delivery_mode=2, message_id=event["id"], type=event["type"]))  # fmt: skip
        connection.close()
        sql(self.database, "CHECKPOINT")
        began = (cpu(self.pid), cpu(self.postgres))
        os.kill(self.pid, signal.SIGCONT)
        while int(self.sql("SELECT count(*) FROM payments WHERE payment_id LIKE 'heard\\_%d\\_%%' AND version = 2" % turn)) < messages // 2:
            time.sleep(0.2)
        return ((cpu(self.pid) - began[0]) + (cpu(self.postgres) - began[1])) * 1e6 / messages

    def judge(self, isGood, text):
        self.isGood = self.isGood and isGood
        print("  %s %s" % ("✔" if isGood else "✘", text), flush=True)

    def run(self):
        tenth = self.arguments.payments // 10
        self.fill(1, tenth)
        self.compare("usd")
        small = self.answer()
        self.fill(tenth + 1, self.arguments.payments)
        for currency in ("usd", "eur"):
            self.compare(currency)
        large, plain = self.answer(), self.plain()
        print("\nOne answer for 30 days, PostgreSQL's CPU ms: %.2f at %d payments, %.2f at %d; the plain SQL %.0f" % (
            small, tenth, large, self.arguments.payments, plain))  # fmt: skip
        self.judge(large <= 2, "one answer costs PostgreSQL at most 2 ms: %.2f" % large)
        self.judge(plain / large >= 1000, "%.0f times less than the plain SQL" % (plain / large))
        self.judge(large / small <= 1.1, "with ten times the payments %.2f times as much" % (large / small))
        self.lists()
        self.file()
        self.handlers()
        print("\nanalytics at %d payments: %.2f ms an answer, %.0f times less than plain SQL: %s" % (
            self.arguments.payments, large, plain / large, "all as wanted" if self.isGood else "not all as wanted"))  # fmt: skip
        sys.exit(0 if self.isGood else 1)


parser = argparse.ArgumentParser(prog="deploy/local bench analytics", description=__doc__.split("\n\n")[0])
parser.add_argument("--payments", type=int, default=10_000_000, help="how many there are (default: 10000000)")
parser.add_argument("--messages", type=int, default=10_000, help="how many a handler's turn hears (default: 10000)")
Bench(parser.parse_args()).run()
