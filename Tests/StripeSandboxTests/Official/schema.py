"""Holds answers to Stripe's official OpenAPI document, read from a file that is given; needs `jsonschema` from PyPI.

Beside what JSON Schema refuses (a wrong type, a missing member, a value outside an enumeration) a member that the document does not
name is a violation: it belongs to another version of the API, or to none, unless Stripe is known to send it all the same.
"""
import json
import re

import jsonschema
from jsonschema.exceptions import best_match

REFERENCE = "#/components/schemas/"

# Members that Stripe sends though its document no longer names them, by the object or the member they are in: they stand in its own
# example objects (the first line) or in the subscriptions and lists that its webhooks deliver (the second).
KEPT = {("subscription_item", "plan"), ("recurring", "trial_period_days"), ("product", "type"),
        ("subscription", "plan"), ("subscription", "quantity"), ("list", "total_count")}


class Schema:
    def __init__(self, path):
        with open(path) as file:
            document = json.load(file)
        self.version = document["info"]["version"]
        self.known = set(document["components"]["schemas"])
        self.components = {"schemas": {name: self.converted(schema) for name, schema in document["components"]["schemas"].items()}}
        self.operations = []
        for template, methods in document["paths"].items():
            pattern = re.compile(re.sub(r"\\{[^}]*\\}|\{[^}]*\}", "[^/]+", re.escape(template)) + "$")
            for method, operation in methods.items():
                content = operation["responses"]["200"]["content"].get("application/json")
                if content:
                    self.operations.append((template.count("{"), method.upper(), pattern, self.converted(content["schema"])))
        # The most literal path first: /v1/customers/search is no customer.
        self.operations.sort(key=lambda row: row[0])

    def converted(self, node):
        """The schema in JSON Schema's words: OpenAPI 3.0 says `nullable`, Stripe says what an id can be expanded to."""
        if isinstance(node, list):
            return [self.converted(part) for part in node]
        if not isinstance(node, dict):
            return node
        schema = {key: self.converted(part) for key, part in node.items() if key not in ("nullable", "x-expansionResources")}
        expansions = node.get("x-expansionResources", [])
        if isinstance(expansions, dict):
            expansions = [choice["$ref"].removeprefix(REFERENCE) for choice in expansions["oneOf"]]
        if expansions:
            choices = schema.pop("anyOf", [{"type": "string"}])
            named = [choice.get("$ref") for choice in choices]
            schema["anyOf"] = choices + [
                {"$ref": REFERENCE + name} for name in expansions if name in self.known and REFERENCE + name not in named]
        if node.get("nullable") is True:
            return {"anyOf": [schema, {"type": "null"}]}
        return schema

    def of(self, answer):
        """The schema of an answer: of its operation, else (the document may be cut) of its object."""
        if answer.status == 200:
            for _, method, pattern, schema in self.operations:
                if method == answer.method and pattern.match(answer.path):
                    return schema
            return self.of_object(answer.body)
        return {"$ref": REFERENCE + "error"} if "error" in self.known else None

    def of_object(self, body):
        if body.get("object") == "list":
            first = body["data"][0] if body["data"] else None
            items = self.of_object(first) if first else {}
            return {"type": "object", "required": ["data", "has_more", "object", "url"], "properties": {
                "data": {"type": "array", "items": items or {}}, "has_more": {"type": "boolean"}, "object": {}, "url": {"type": "string"}}}
        name = ("deleted_" if body.get("deleted") is True else "") + body.get("object", "")
        return {"$ref": REFERENCE + name} if name in self.known else None

    def violations(self, body, schema):
        """Every violation as a line: where, and what."""
        validator = jsonschema.Draft202012Validator({**schema, "components": self.components})
        for error in validator.iter_errors(body):
            worst = best_match([error])
            yield "%s: %s" % (".".join(map(str, worst.absolute_path)) or "(itself)", worst.message[:300])
        yield from self.unnamed(body, schema, "")

    def unnamed(self, value, schema, path):
        """Members that no schema at this place names."""
        choices = list(self.choices(schema))
        if isinstance(value, list):
            items = [choice["items"] for choice in choices if "items" in choice]
            for index, element in enumerate(value):
                if items:
                    yield from self.unnamed(element, {"anyOf": items}, "%s%d." % (path, index))
        if not isinstance(value, dict):
            return
        choices = [choice for choice in choices if "properties" in choice or "additionalProperties" in choice]
        if "object" in value:
            alike = [choice for choice in choices if value["object"] in choice.get("properties", {}).get("object", {}).get("enum", [])]
            choices = alike or choices
        if not choices or any("properties" not in choice for choice in choices):
            return
        owner = value.get("object") or path.rstrip(".").rpartition(".")[2]
        for name, member in value.items():
            named = [choice["properties"][name] for choice in choices if name in choice["properties"]]
            if named:
                yield from self.unnamed(member, {"anyOf": named}, path + name + ".")
            elif (owner, name) not in KEPT and not any(choice.get("additionalProperties") for choice in choices):
                yield "%s%s: is no member of it" % (path, name)

    def choices(self, schema):
        """Everything that a schema can mean, references followed."""
        if "$ref" in schema:
            yield from self.choices(self.components["schemas"][schema["$ref"].removeprefix(REFERENCE)])
        elif "anyOf" in schema:
            for choice in schema["anyOf"]:
                yield from self.choices(choice)
        else:
            yield schema


def tampered(answer):
    """The answer with a member too many, one too few and one of another type: three violations, or the check checks nothing."""
    body = {**answer.body, "livemode": "no", "no_member_of_anything": 1}
    del body["created"]
    return answer._replace(body=body)


def nested(body):
    """Every object inside an answer that says what it is, the answer itself among them."""
    if isinstance(body, list):
        for element in body:
            yield from nested(element)
    elif isinstance(body, dict):
        if isinstance(body.get("object"), str) and body["object"] != "list":
            yield body
        for member in body.values():
            yield from nested(member)


def report(schema, answers):
    """Checks the answers; prints each violation once, with how often it came. Answers how many were checked, and how many violations."""
    found, checked = {}, 0
    for answer in answers:
        if answer.method == "POST" and answer.path == "/v1/customers" and answer.version == schema.version:
            broken = tampered(answer)
            if len(set(schema.violations(broken.body, schema.of(broken)))) != 3:
                found["POST", answer.path, "a broken answer passes"] = 1
        if answer.version not in (None, schema.version):
            continue
        rules = schema.of(answer)
        if rules is None:
            print("no schema for %s %s" % (answer.method, answer.path))
            continue
        checked += 1
        lines = set(schema.violations(answer.body, rules))
        # Of an event the document leaves the object open: it is held to its own schema.
        for event in nested(answer.body):
            if event["object"] == "event" and event["api_version"] == schema.version:
                inside = event["data"]["object"]
                rules = schema.of_object(inside)
                if rules:
                    lines |= {"%s data.object.%s" % (event["type"], line) for line in schema.violations(inside, rules)}
        for line in lines:
            key = (answer.method, re.sub(r"(?<=/)\w+_\w+(?=/|$)", "…", answer.path), re.sub(r"\b\d+\.", "#.", line))
            found[key] = found.get(key, 0) + 1
    for (method, path, line), count in sorted(found.items()):
        print("VIOLATION %s %s (%d ×) %s" % (method, path, count, line))
    return checked, len(found)
