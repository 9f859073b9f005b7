"""What a program outside the project uses to talk to it: HTTP, SQL through the observer, AMQP through the operator."""

import html.parser
import http.client
import json
import os
import subprocess
import time
import urllib.parse
from collections.abc import Callable
from typing import Any, TypeVar

import pika

T = TypeVar("T")
CARD_FIELDS = {"card": "4242424242424242", "expiry": "12/34", "cvc": "123", "email": "customer@example.com", "name": "Dana Doe",
               "postal": "12345"}  # fmt: skip


class Failed(Exception):
    """The story does not go as it should; the text says where."""


def wait(what: str, seconds: float, condition: Callable[[], T | None]) -> T:
    """What `condition` gives once it gives something, asked five times a second, for at most `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (value := condition()) not in (None, False):
            return value
        time.sleep(0.2)
    raise Failed(f"{what}: not within {seconds:g} s")


def call(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any, dict[str, str]]:
    """Status, answer (JSON where it is JSON) and headers; no redirect is followed. A dict goes as JSON, text as a form."""
    parts = urllib.parse.urlsplit(url)
    kind = "application/x-www-form-urlencoded" if isinstance(body, str) else "application/json"
    content = body if isinstance(body, str) or body is None else json.dumps(body)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, content, {**({"Content-Type": kind} if content is not None else {}), **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    is_json = "json" in answer.headers.get("Content-Type", "")
    return answer.status, json.loads(text) if is_json and text else text, dict(answer.headers)


class Form(html.parser.HTMLParser):
    """The first form of a page, filled in as a customer would."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = None, {}  # type: str | None, dict[str, str]
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = given.get("action") or ""
        if tag == "input" and (name := given.get("name")):
            known = [value for field, value in CARD_FIELDS.items() if name.startswith(field)]
            self.fields[name] = given.get("value") or (known[0] if known else "")


def pay_on_page(url: str) -> tuple[int, dict[str, str]]:
    """Opens a hosted page and sends its own form; the status and headers of what comes back."""
    status, page, _ = call("GET", url)
    form = Form(page if isinstance(page, str) else "")
    if status != 200 or form.action is None:
        raise Failed(f"the page {url} has no form to pay with: {status}")
    status, _, headers = call("POST", urllib.parse.urljoin(url, form.action), urllib.parse.urlencode(form.fields))
    return status, headers


class Observer:
    """SQL through psql, as the role that may read everything. The password is in psql's environment, not in its arguments."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self.environment = os.environ | {
            "PGHOST": parts.hostname or "", "PGPORT": str(parts.port), "PGUSER": parts.username or "",
            "PGPASSWORD": urllib.parse.unquote(parts.password or ""), "PGDATABASE": parts.path[1:],
        }  # fmt: skip

    def run(self, query: str, *options: str) -> str:
        command = ["psql", "-X", "-w", "-q", "-v", "ON_ERROR_STOP=1", *options, "-c", query]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=20)
        if done.returncode:
            raise Failed(f"{query}: {done.stderr.strip()}")
        return done.stdout

    def rows(self, query: str) -> list[dict[str, Any]]:
        return json.loads(self.run(f"SELECT coalesce(json_agg(r), '[]') FROM ({query}) r", "-At"))

    def table(self, query: str) -> str:
        return self.run(query, "-P", "footer=off", "-P", "null=NULL")


class Broker:
    """AMQP through pika: reads the VM controller's queue and answers in its place."""

    def __init__(self, url: str) -> None:
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()

    def waiting(self, queue: str) -> int:
        return self.channel.queue_declare(queue, passive=True).method.message_count

    def take(self, queue: str) -> dict[str, Any] | None:
        method, properties, body = self.channel.basic_get(queue, auto_ack=True)
        if method is None:
            return None
        if properties.content_type != "application/cloudevents+json" or properties.delivery_mode != 2:
            raise Failed(f"{queue}: not a persistent CloudEvent: {properties}")
        return json.loads(body) | {"_routing_key": method.routing_key}
