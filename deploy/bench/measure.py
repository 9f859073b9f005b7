"""What benches measure with: CPU time and memory of process trees, from /proc, statements by psql, and bearer tokens."""
import importlib.util
import os
import subprocess

# By its path: a module of that name is Python's own, too.
_BEARER = importlib.util.spec_from_file_location("bearer", os.path.dirname(os.path.abspath(__file__)) + "/../lib/token.py")
bearer = importlib.util.module_from_spec(_BEARER)
_BEARER.loader.exec_module(bearer)

TICKS = os.sysconf("SC_CLK_TCK")


def processes():
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                table[int(name)] = (int(fields[1]), sum(int(field) for field in fields[11:15]) / TICKS)
            except OSError:
                pass
    return table


def tree(root, table):
    """The process and everything below it."""
    found = [root]
    for pid in found:
        found += [child for child, (parent, _) in table.items() if parent == pid]
    return [pid for pid in found if pid in table]


def cpu(root):
    """Seconds of CPU that the process and everything below it, living or dead, have used."""
    table = processes()
    return sum(table[pid][1] for pid in tree(root, table))


def memory(root):
    """MiB, pages that are shared counted once."""
    total = 0
    for pid in tree(root, processes()):
        try:
            with open("/proc/%d/smaps_rollup" % pid) as file:
                total += sum(int(row.split()[1]) for row in file if row.startswith("Pss:"))
        except OSError:
            pass
    return total / 1024


def sql(url, statement):
    return subprocess.run(["psql", "-XAtq", url, "-c", statement], check=True, capture_output=True, text=True).stdout.strip()
