"""Measures how many API calls the sandbox answers: `deploy/local bench sandbox` builds it and gives its executable.

Load tests of the services are to measure them and not their stand-in for Stripe, so the mix of calls has to reach --at-least a second
on this machine, the load generator's own share included. Every run is checked: each call is answered 2xx, and what was to be made is
there afterwards. The sandbox tells nobody of its events here: deliveries are work of who gets them.
"""
import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf("SC_CLK_TCK")
FORM = "application/x-www-form-urlencoded"
HEAD = "Host: sandbox\r\nAuthorization: Bearer sk_test_bench\r\nStripe-Version: 2026-05-27.dahlia\r\n"
MADE = ["/v1/customers", "/v1/checkout/sessions"]
KINDS = ["create customer", "retrieve customer", "list customers", "create session", "retrieve subscription"]


class Sandbox:
    """The process, and what the calls are about: customers and subscriptions made before anything is measured."""

    def __init__(self, executable, customers, subscriptions):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        settings = {"HTTP_PORT": str(self.port), "STRIPE_WEBHOOK_SECRET": "whsec_bench", "STRIPE_PRICE_BASIC": "price_basic",
                    "STRIPE_PRICE_PREMIUM": "price_premium", "LOG_LEVEL": "error"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
        self.process = subprocess.Popen([executable], env={**kept, **settings})
        try:
            self.connection = self.wait()
            self.customers = [self.call("/v1/customers", "email=bench%d%%40example.com" % number)["id"] for number in range(customers)]
            self.subscriptions = [self.subscribe(customer) for customer in self.customers[:subscriptions]]
        except BaseException:
            self.close()
            raise

    def wait(self):
        for _ in range(200):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/_sandbox/health")
                connection.getresponse().read()
                return connection
            except OSError:
                time.sleep(0.05)
        sys.exit("the sandbox does not start")

    def call(self, path, body=None, kind=FORM):
        self.connection.request("GET" if body is None else "POST", path, body, {"Authorization": "Bearer sk_test_bench", "Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit("%s answers %d: %s" % (path, answer.status, text.decode()))
        return json.loads(text)

    def subscribe(self, customer):
        session = self.call("/v1/checkout/sessions", session_form(customer))
        return self.call("/_sandbox/checkout/sessions/%s/pay" % session["id"], '{"card": "4242424242424242"}', "application/json")["subscription"]

    def newest(self):
        """The newest object of each kind that calls make; None where there is none."""
        return {path: next((row["id"] for row in self.call(path + "?limit=1")["data"]), None) for path in MADE}

    def made_since(self, newest):
        """How many objects were made after those."""
        total = 0
        for path, last in newest.items():
            after, more = "", True
            while more:
                page = self.call("%s?limit=100%s" % (path, after))
                ids = [row["id"] for row in page["data"]]
                total += ids.index(last) if last in ids else len(ids)
                more = page["has_more"] and last not in ids
                after = "&starting_after=" + ids[-1] if ids else ""
        return total

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:13]) / TICKS

    def memory(self):
        """MiB."""
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def close(self):
        self.process.terminate()
        self.process.wait()


def session_form(customer):
    return ("mode=subscription&customer=%s&line_items[0][price]=price_basic&line_items[0][quantity]=1&client_reference_id=user_1"
            "&success_url=https%%3A%%2F%%2Fshop.example%%2Fok%%3Fsession%%3D%%7BCHECKOUT_SESSION_ID%%7D&metadata[user_id]=user_1"
            "&subscription_data[metadata][user_id]=user_1" % customer)


def request(sandbox, kind, number, run):
    """One call as its bytes; those that make something have a key of their own, as our services send it."""
    customer = sandbox.customers[number % len(sandbox.customers)]
    if kind == "create customer":
        return post("/v1/customers", "email=user%d%%40example.com&name=Ada+Lovelace&metadata[user_id]=user_%d" % (number, number), run, number)
    if kind == "create session":
        return post("/v1/checkout/sessions", session_form(customer), run, number)
    path = {
        "retrieve customer": "/v1/customers/" + customer, "list customers": "/v1/customers?limit=10",
        "retrieve subscription": "/v1/subscriptions/" + sandbox.subscriptions[number % len(sandbox.subscriptions)],
    }[kind]
    return ("GET %s HTTP/1.1\r\n%s\r\n" % (path, HEAD)).encode()


def post(path, body, run, number):
    return ("POST %s HTTP/1.1\r\n%sContent-Type: %s\r\nIdempotency-Key: bench-%s-%d\r\nContent-Length: %d\r\n\r\n%s" % (
        path, HEAD, FORM, run, number, len(body), body)).encode()


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.sandbox = Sandbox(arguments.executable, arguments.customers, arguments.subscriptions)
        self.file = tempfile.NamedTemporaryFile(prefix="bench-")
        self.runs = 0

    def measure(self, name, kinds):
        """One run of calls of these kinds in turn; ends the program where an answer or a made object is missing."""
        self.runs += 1
        with open(self.file.name, "wb", 1 << 20) as file:
            for number in range(self.arguments.calls):
                bytes_ = request(self.sandbox, kinds[number % len(kinds)], number, "%d-%d" % (os.getpid(), self.runs))
                file.write(b"%08d" % len(bytes_) + bytes_)
        before, began = self.sandbox.newest(), self.sandbox.cpu()
        seconds = self.arguments.seconds
        output = subprocess.run(
            ["wrk", "-t", "1", "-c", str(self.arguments.connections), "-d", "%ds" % (seconds + 3), "--timeout", "30s", "-s", HERE + "/post.lua",
             self.sandbox.url, "--", self.file.name, str(seconds)], check=True, capture_output=True, text=True).stdout
        used = self.sandbox.cpu() - began
        row = [line for line in output.splitlines() if line.startswith("BENCH")][0].split()[1:]
        sent, answered, errors, window, p50, p99, exhausted = row
        answered, created = int(answered), self.sandbox.made_since(before)
        makers = [index for index, kind in enumerate(kinds) if kind.startswith("create")]
        # The calls are sent in turn, so it is known what they were.
        expected = sum((int(sent) - index + len(kinds) - 1) // len(kinds) for index in makers)
        # A connection that finds the file at its end asks for nothing that there is.
        if int(errors) > int(exhausted) * self.arguments.connections or created != expected:
            sys.exit("%s: %s sent, %s errors, %d of %d objects made: this run counts for nothing" % (name, sent, errors, created, expected))
        rate = max(0, answered - self.arguments.connections) / float(window)
        print("%-24s %8.0f   %7.2f   %7.2f   %8.0f   %6.0f" % (name, rate, float(p50), float(p99), used * 1e6 / answered, self.sandbox.memory()),
              flush=True)
        return rate, float(p99)

    def run(self):
        print("%d connections, %d s each; %d customers and %d subscriptions to begin with" % (
            self.arguments.connections, self.arguments.seconds, self.arguments.customers, self.arguments.subscriptions))
        print("calls                    calls/s    p50 ms    p99 ms   CPU µs/call   MiB")
        for kind in KINDS:
            self.measure(kind, [kind])
        rate, p99 = self.measure("all in turn", KINDS)
        enough = rate >= self.arguments.at_least
        print("\nbench sandbox: %.0f calls/s on %d cores, all kinds in turn, p99 %.1f ms; %d were asked for: %s" % (
            rate, os.cpu_count(), p99, self.arguments.at_least, "enough" if enough else "too few"))
        return 0 if enough else 1


def main():
    parser = argparse.ArgumentParser(prog="deploy/local bench sandbox")
    parser.add_argument("executable", help=argparse.SUPPRESS)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=10, help="of each run")
    parser.add_argument("--calls", type=int, default=100000, help="made for each run; a run ends when all are sent")
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--subscriptions", type=int, default=100)
    parser.add_argument("--at-least", type=int, default=1000, help="calls a second of all kinds in turn, else the exit code is 1")
    bench = Bench(parser.parse_args())
    try:
        sys.exit(bench.run())
    finally:
        bench.sandbox.close()


main()
