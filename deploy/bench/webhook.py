"""Measures the door for events beside peers, in one run on one machine: `deploy/local bench webhook` starts what is needed.

An absolute figure means nothing on a shared machine: read the ratios, and the CPU time that one acknowledged event costs. Every run is
checked: rows stored == deliveries answered 2xx.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from measure import cpu, memory, sql

HERE = os.path.dirname(os.path.abspath(__file__))


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.database = os.environ["BENCH_DATABASE_URL"]
        self.postgres = int(os.environ["BENCH_POSTGRES_PID"])
        self.folder = tempfile.mkdtemp(prefix="bench-")
        self.children = []

    def start(self, command, url, environment=None):
        child = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
        self.children.append(child)
        for _ in range(100):
            if subprocess.run(["curl", "-s", "-o", "/dev/null", url]).returncode == 0:
                return child.pid
            time.sleep(0.1)
        sys.exit("%s does not start" % command[0])

    def load(self, name, url, pid, rows, connections, settled=None):
        """One run against one door; None where it was not honest."""
        file = os.path.join(self.folder, "events")
        options = ["--subscribed"] if self.arguments.subscribed else []
        subprocess.run([sys.executable, HERE + "/events.py", url, str(self.arguments.events), file] + options, check=True, stderr=subprocess.DEVNULL)
        before, began = int(sql(self.database, rows)), (cpu(pid), cpu(self.postgres))
        seconds = self.arguments.seconds
        output = subprocess.run(
            ["wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % (seconds + 3), "--timeout", "30s", "-s", HERE + "/post.lua", url, "--", file,
             str(seconds)], check=True, capture_output=True, text=True).stdout
        if settled:
            while sql(self.database, settled) != "0":
                time.sleep(0.05)
        used = (cpu(pid) - began[0], cpu(self.postgres) - began[1])
        sent, answered, errors, window, p50, p99, exhausted = [row for row in output.splitlines() if row.startswith("BENCH")][0].split()[1:]
        answered, stored = int(answered), int(sql(self.database, rows)) - before
        if stored != answered or int(errors):
            sys.exit("%s: %s answered 2xx, %s errors, %d rows stored: this run counts for nothing" % (name, answered, errors, stored))
        rate = max(0, answered - connections) / float(window)
        result = {"rate": rate, "p50": float(p50), "p99": float(p99), "service": used[0] * 1e6 / answered, "postgres": used[1] * 1e6 / answered,
                  "memory": memory(pid)}
        print("  %-8s %3d connections %8.0f acked/s   p50 %6.2f  p99 %7.2f ms   CPU µs per event: service %4.0f, PostgreSQL %4.0f   %4.0f MiB%s" % (
            name, connections, rate, result["p50"], result["p99"], result["service"], result["postgres"], result["memory"],
            "   (all %s events sent)" % sent if int(exhausted) else ""), flush=True)
        return result

    def floor(self, connections):
        """What one commit per event costs by itself: a prepared insert of a row of the same size, no HTTP."""
        script = os.path.join(self.folder, "floor.sql")
        with open(script, "w") as file:
            file.write("\\set a random(1, 1000000000000)\n\\set b random(1, 1000000000000)\n"
                       "INSERT INTO door_floor (id, type, livemode, raw) VALUES ('evt_' || :a || :b, 'bench', false, :sample)"
                       " ON CONFLICT DO NOTHING;\n")
        before, began, client = int(sql(self.database, "SELECT count(*) FROM door_floor")), cpu(self.postgres), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", str(connections), "-T", str(self.arguments.seconds), "-f", script, "-D", "sample=" + self.sample, self.database],
                       check=True, capture_output=True, text=True)
        used, ended = cpu(self.postgres) - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        client = ended.ru_utime + ended.ru_stime - client.ru_utime - client.ru_stime
        rows = int(sql(self.database, "SELECT count(*) FROM door_floor")) - before
        result = {"rate": rows / self.arguments.seconds, "postgres": used * 1e6 / rows, "service": client * 1e6 / rows, "p50": 0, "p99": 0}
        print("  %-8s %3d connections %8.0f rows/s                              CPU µs per row: pgbench  %4.0f, PostgreSQL %4.0f" % (
            "pgbench", connections, result["rate"], result["service"], result["postgres"]), flush=True)
        return result

    def prepare(self):
        sql(self.database, "CREATE TABLE IF NOT EXISTS door_floor (id text PRIMARY KEY, type text NOT NULL, livemode boolean NOT NULL,"
                           " received_at timestamptz NOT NULL DEFAULT now(), raw jsonb NOT NULL)")
        file = os.path.join(self.folder, "sample")
        subprocess.run([sys.executable, HERE + "/events.py", "http://h/", "100", file], check=True, stderr=subprocess.DEVNULL)
        bodies = []
        with open(file, "rb") as requests:
            while length := requests.read(8):
                bodies.append(requests.read(int(length)).partition(b"\r\n\r\n")[2].decode())
        mean = statistics.mean(map(len, bodies))
        self.sample = min(bodies, key=lambda body: abs(len(body) - mean))

    def contenders(self):
        ours = (os.environ["WEBHOOK_URL"] + "/api/payment/webhook", int(os.environ["WEBHOOK_PID"]), "SELECT count(*) FROM webhook.stripe_webhooks",
                "SELECT count(*) FROM webhook.stripe_webhooks WHERE published_at IS NULL" if self.arguments.subscribed else None)
        doors = {"ours": ours}
        if "go" in self.arguments.peers:
            port = os.environ["BENCH_GO_PORT"]
            url = "http://127.0.0.1:%s/webhook" % port
            command = [os.environ["BENCH_GO"], "127.0.0.1:" + port, self.database + "?pool_max_conns=16"]
            doors["go"] = (url, self.start(command, url), "SELECT count(*) FROM door_go", None)
        if "python" in self.arguments.peers:
            port = os.environ["BENCH_PYTHON_PORT"]
            url = "http://127.0.0.1:%s/webhook" % port
            command = ["/usr/bin/python3", HERE + "/peers/door.py", port, self.database, "2"]
            doors["python"] = (url, self.start(command, url), "SELECT count(*) FROM door_py", None)
        return doors

    def run(self):
        self.prepare()
        doors = self.contenders()
        medians = {}
        for connections in self.arguments.connections:
            results = {}
            for turn in range(self.arguments.runs):
                names = list(doors) + ["pgbench"]
                # Whoever is first finds the machine in another state: each is first once.
                for name in names[turn % len(names):] + names[:turn % len(names)]:
                    if name == "pgbench":
                        result = self.floor(connections)
                    else:
                        url, pid, rows, settled = doors[name]
                        result = self.load(name, url, pid, rows, connections, settled)
                    results.setdefault(name, []).append(result)
            medians[connections] = {
                name: {key: statistics.median(run[key] for run in runs) for key in ("rate", "p50", "p99", "service", "postgres")}
                for name, runs in results.items()}
        self.report(medians)

    def report(self, medians):
        print("\nMedians of %d runs; ratios to ours" % self.arguments.runs)
        print("connections  who       acked/s   ours is   p50 ms   p99 ms   CPU µs per event: service + PostgreSQL")
        for connections, table in medians.items():
            ours = table["ours"]
            for name, row in table.items():
                print("%11d  %-8s %8.0f   %5.2f ×   %6.2f   %6.2f   %6.0f + %4.0f = %4.0f" % (
                    connections, name, row["rate"], ours["rate"] / row["rate"], row["p50"], row["p99"], row["service"], row["postgres"],
                    row["service"] + row["postgres"]))
        connections, table = list(medians.items())[-1]
        ours = table["ours"]
        print("\nbench webhook: at %d connections %.0f events/s acknowledged, %.0f µs of CPU each; %s" % (
            connections, ours["rate"], ours["service"] + ours["postgres"],
            ", ".join("%.2f × %s" % (ours["rate"] / row["rate"], name) for name, row in table.items() if name != "ours")))

    def close(self):
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait()
        for name in os.listdir(self.folder):
            os.remove(os.path.join(self.folder, name))
        os.rmdir(self.folder)


def main():
    parser = argparse.ArgumentParser(prog="deploy/local bench webhook")
    parser.add_argument("--connections", type=lambda text: [int(part) for part in text.split(",")], default=[8, 32, 64])
    parser.add_argument("--seconds", type=int, default=8, help="of each run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--events", type=int, default=150000, help="made for each run; a run ends when all are sent")
    parser.add_argument("--peers", type=lambda text: [part for part in text.split(",") if part], default=["go", "python"])
    parser.add_argument("--subscribed", action="store_true", help="event types that somebody subscribes to; a run ends when all are published")
    bench = Bench(parser.parse_args())
    try:
        bench.run()
    finally:
        bench.close()


main()
