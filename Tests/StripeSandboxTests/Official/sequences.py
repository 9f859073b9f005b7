"""Lets the sandbox live through recorded event sequences and compares what it tells with what was recorded.

    sequences.py EXECUTABLE --sequences DIR [--only NN]

EXECUTABLE is the sandbox: each story has one of its own, whose clock begins when the recorded story does. DIR holds an index.json and,
for each story and version, a file with one event a line. Compared are the types, their order, and every field that the services read
(facts.py). Ids are compared by which object they mean, times to the minute: the record lets seconds pass where the sandbox needs none,
so events less than ten seconds apart are one step, and event is paired with event of the same step.

Exit code 1 when anything differs that is not among the known differences (differences.py), which each have a reason.
"""
import argparse
import collections
import json
import os
import re
import socket
import subprocess
import sys
import time

from differences import DIFFERENCES
from facts import TIMES, facts
from stories import STORIES, Story
from wire import send

STEP = 10
TOLERANCE = 60
# The bank decides earlier than in the record: in stories.py so that no renewal comes between, and a debit within seconds.
UNTIMED = {"15", "16", "22"}


def steps(events):
    """The events in steps: a new one begins where ten seconds or more have passed since the event before."""
    groups, last = [], None
    for event in events:
        if last is None or event["created"] - last >= STEP:
            groups.append([])
        groups[-1].append(event)
        last = event["created"]
    return groups


class Names:
    """Calls every id by its kind and by how many of that kind came before, so that two worlds can be compared."""

    def __init__(self, began):
        self.began = began
        self.given = {}
        self.counts = collections.Counter()

    def plain(self, name, value):
        if name in TIMES and isinstance(value, int):
            return value - self.began
        if isinstance(value, str) and re.fullmatch(r"(upcoming_)?(test_)?[a-z]+_(test_)?\w{10,}", value):
            if value not in self.given:
                # Stripe has called disputes dp_ and du_.
                kind = {"du": "dp"}.get(value.split("_")[0], value.split("_")[0])
                self.counts[kind] += 1
                self.given[value] = "%s#%d" % (kind, self.counts[kind])
            return self.given[value]
        return value

    def facts(self, event):
        return {name: self.plain(name, value) for name, value in facts(event["data"]["object"]).items()}


def numbered(step):
    """The events of a step by type and by which of that type they are."""
    counts, table = collections.Counter(), {}
    for event in step:
        counts[event["type"]] += 1
        table[event["type"], counts[event["type"]]] = event
    return table


class Comparison:
    def __init__(self, number, version):
        self.number, self.version = number, version
        self.found, self.known, self.compared = [], collections.Counter(), 0

    def note(self, place, line):
        for pattern, reason in DIFFERENCES:
            if re.search(pattern, "%s %s %s %s" % (self.number, self.version, place, line)):
                self.known[reason] += 1
                return
        self.found.append("%s: %s" % (place, line))

    def run(self, recorded, ours):
        theirs, mine = Names(recorded[0]["created"]), Names(ours[0]["created"])
        expected, actual = steps(recorded), steps(ours)
        if len(expected) != len(actual):
            self.note("steps", "%d, not %d" % (len(actual), len(expected)))
        for index, (step, other) in enumerate(zip(expected, actual), 1):
            place = "step %d" % index
            if self.number not in UNTIMED and abs((step[0]["created"] - theirs.began) - (other[0]["created"] - mine.began)) > TOLERANCE:
                self.note(place, "%d s after the beginning, not %d" % (other[0]["created"] - mine.began, step[0]["created"] - theirs.began))
            self.compare(place, step, other, theirs, mine)

    def compare(self, place, step, other, theirs, mine):
        expected, actual = numbered(step), numbered(other)
        for key in expected.keys() - actual.keys():
            self.note(place, "%s is missing" % key[0])
        for key in actual.keys() - expected.keys():
            self.note(place, "%s is told and not recorded" % key[0])
        shared = [[event["type"] for key, event in table.items() if key in expected and key in actual] for table in (expected, actual)]
        if shared[0] != shared[1]:
            self.note(place, "the order is %s, not %s" % (", ".join(shared[1]), ", ".join(shared[0])))
        # Named in the recorded order in both worlds, so that the same ordinal means the same object.
        for key, event in expected.items():
            if key not in actual:
                continue
            wanted, told = theirs.facts(event), mine.facts(actual[key])
            self.compared += 1
            for name in wanted:
                if name in TIMES and wanted[name] is not None and told[name] is not None:
                    if self.number in UNTIMED or abs(wanted[name] - told[name]) <= TOLERANCE:
                        continue
                if wanted[name] != told[name]:
                    self.note("%s %s" % (place, key[0]), "%s is %r, not %r" % (name, told[name], wanted[name]))


class Sandbox:
    """The sandbox as a process, as long as a story needs it."""

    def __init__(self, executable):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = "http://127.0.0.1:%d" % port
        # A clock behind every record's beginning: the story takes it there.
        settings = {"HTTP_PORT": str(port), "STRIPE_WEBHOOK_SECRET": "whsec_x", "STRIPE_PRICE_BASIC": "price_basic", "LOG_LEVEL": "error",
                    "STRIPE_PRICE_PREMIUM": "price_premium", "SANDBOX_CLOCK": "1700000000"}
        self.process = subprocess.Popen([executable], env={**os.environ, **settings})

    def __enter__(self):
        for _ in range(100):
            try:
                if send("GET", self.base + "/_sandbox/health")[0] == 200:
                    return self.base
            except OSError:
                time.sleep(0.05)
        sys.exit("the sandbox does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def play(executable, entry, recorded):
    """What the sandbox tells of a story."""
    currency = next(value["currency"] for event in recorded if (value := event["data"]["object"]).get("currency"))
    with Sandbox(executable) as base:
        story = Story(base, entry["api_version"], entry["client_reference_id"], currency, recorded[0]["created"])
        STORIES[entry["file"][:2]](story)
        story.collect()
    return story.events


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("executable")
    parser.add_argument("--sequences", required=True)
    parser.add_argument("--only")
    given = parser.parse_args()
    with open(os.path.join(given.sequences, "index.json")) as file:
        index = [entry for entry in json.load(file) if given.only in (None, entry["file"][:2])]
    failures, played, events, reasons = 0, 0, 0, collections.Counter()
    for entry in index:
        if entry["file"][:2] not in STORIES:
            print("%-56s not played: it is no life of a customer" % entry["file"])
            continue
        with open(os.path.join(given.sequences, entry["file"])) as file:
            recorded = [json.loads(line) for line in file]
        told = play(given.executable, entry, recorded)
        comparison = Comparison(entry["file"][:2], entry["api_version"])
        comparison.run(recorded, told)
        played += 1
        events += comparison.compared
        failures += len(comparison.found)
        reasons += comparison.known
        print("%-56s %2d of %2d events compared, %d differences, %d known ones" % (
            entry["file"], comparison.compared, len(recorded), len(comparison.found), comparison.known.total()), flush=True)
        for line in comparison.found:
            print("    " + line)
    for reason, count in reasons.items():
        print("known, %d ×: %s" % (count, reason))
    print("sequences: %d stories, %d events compared, %d differences, %d known ones" % (played, events, failures, reasons.total()))
    sys.exit(0 if played and not failures else 1)


if __name__ == "__main__":
    main()
