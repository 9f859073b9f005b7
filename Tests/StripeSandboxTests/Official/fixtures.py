"""Holds objects to Stripe's example objects, one JSON file per kind in a folder that is given.

The folder has a folder inside it, named for a version, with the shapes of that version; for versions without one there is the schema. An
example says which members an object has and of what type they are; its values say nothing. So a member that the example has must be
there, one that it does not have is of another version, and where both have a value the two are of one type.
"""
import json
import os
import re

from schema import KEPT, nested

# Maps with keys of their own, and lists whose elements depend on the story.
OPEN = {"metadata", "payment_method_details", "payment_method_options", "previous_attributes", "last_payment_error", "next_action",
        "status_details", "destination_details", "data"}

# Members that come and go by what happened, absent from the examples or there without need.
OPTIONAL = {
    "card", "sepa_debit", "link", "us_bank_account", "payment_method_details", "destination_details", "failure_reason", "deleted", "secret",
    "failure_balance_transaction", "pending_reason", "previous_attributes", "refunds", "source", "subscription_data", "line_items",
    "payments", "allow_redisplay", "confirmation_secret",
}

# Differences that are none: the examples of 2024-06-20 leave out what Stripe sent in it without naming it in its document, one example
# line is of an invoice item and not of a subscription, and an upcoming invoice had no id yet.
KNOWN = {
    ("charge", "destination is not in the example"), ("charge", "dispute is not in the example"), ("charge", "order is not in the example"),
    ("charge", "radar_options is not in the example"), ("line_item", "invoice_item is missing"),
    ("line_item", "subscription_item is not in the example"), ("invoice", "id is missing"),
}


class Examples:
    def __init__(self, folder):
        self.folder = folder
        self.read = {}

    def find(self, kind, version):
        """The example of a kind of object in a version; None where there is none."""
        path = os.path.join(self.folder, version, kind + ".json")
        if path not in self.read:
            self.read[path] = None
            if os.path.exists(path):
                with open(path) as file:
                    self.read[path] = json.load(file)
        return self.read[path]


def differences(value, example, path=""):
    """How an object differs from its example, one line for each member."""
    owner = example.get("object") or path.rstrip(".").rpartition(".")[2]
    for name in sorted(set(example) - set(value) - OPTIONAL):
        yield "%s%s is missing" % (path, name)
    for name in sorted(set(value) - set(example) - OPTIONAL):
        if (owner, name) not in KEPT:
            yield "%s%s is not in the example" % (path, name)
    for name in sorted(set(value) & set(example) - OPEN):
        ours, theirs = value[name], example[name]
        if ours is None or theirs is None or (isinstance(ours, dict) and isinstance(theirs, str)):
            continue
        if {type(ours), type(theirs)} == {int, float}:
            continue
        if type(ours) is not type(theirs) and not (isinstance(ours, str) and isinstance(theirs, dict) and "object" in theirs):
            yield "%s%s is of type %s, not %s" % (path, name, type(ours).__name__, type(theirs).__name__)
        elif isinstance(ours, dict) and "object" not in ours and theirs:
            yield from differences(ours, theirs, path + name + ".")


def report(folder, answers):
    """Compares every object in the answers; prints each difference once. Answers how many there are."""
    examples, found, kinds = Examples(folder), {}, set()
    for answer in answers:
        for value in nested(answer.body):
            version = answer.version
            if value["object"] == "event":
                version = value["api_version"]
            example = examples.find(value["object"], version)
            if example is None or value.get("deleted"):
                continue
            kinds.add(value["object"])
            for line in differences(value, example):
                if (value["object"], line) in KNOWN:
                    continue
                key = (version, value["object"], re.sub(r"\b\d+\.", "#.", line))
                found[key] = found.get(key, 0) + 1
    for (version, kind, line), count in sorted(found.items()):
        print("DIFFERENCE %-18s %s (%d ×): %s" % (version, kind, count, line))
    print("objects compared with examples: %s" % ", ".join(sorted(kinds)))
    return len(found)
