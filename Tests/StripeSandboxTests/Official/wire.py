"""Three ways to the sandbox: Stripe's own library, a browser at the hosted pages, and the sandbox's control calls.

Works with Debian's python3-stripe (5.0) and with those that PyPI has since.
"""
import collections
import html.parser
import json
import urllib.error
import urllib.parse
import urllib.request

import stripe

Answer = collections.namedtuple("Answer", "method path version status body")

# Where the library keeps its errors and its HTTP client has changed with the years.
CardError = getattr(stripe, "error", stripe).CardError
InvalidRequestError = getattr(stripe, "error", stripe).InvalidRequestError


class Library:
    """Stripe's library, pointed at an address and set to one version of the API; keeps every answer that it gets."""

    def __init__(self, base, version=None):
        self.version = version
        self.answers = []
        stripe.api_base = base
        stripe.api_key = "sk_test_official"
        stripe.api_version = version
        stripe.max_network_retries = 0
        client = getattr(stripe, "http_client", stripe).new_default_http_client()
        send = client.request_with_retries

        def recorded(method, url, *rest, **named):
            content, status, headers = send(method, url, *rest, **named)
            text = content.decode() if isinstance(content, bytes) else content
            self.answers.append(Answer(method.upper(), urllib.parse.urlsplit(url).path, version, status, json.loads(text)))
            return content, status, headers

        client.request_with_retries = recorded
        stripe.default_http_client = client


def preview_invoice(**parameters):
    """POST /v1/invoices/create_preview, which Debian's library is too old to know by name."""
    if hasattr(stripe.Invoice, "create_preview"):
        return stripe.Invoice.create_preview(**parameters)
    return stripe.Invoice._static_request("post", "/v1/invoices/create_preview", params=parameters)


def send(method, url, data=None, kind="application/json"):
    """One request; answers its status, headers and text, whatever the status. A redirection is not followed."""
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(url, method=method, data=data, headers={"Content-Type": kind} if data is not None else {})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay).open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


class Form(html.parser.HTMLParser):
    """The first form of a page: where it goes, and what its fields hold."""

    def __init__(self, page):
        super().__init__()
        self.action = None
        self.fields = {}
        self.buttons = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.action = self.action or given["action"]
        elif tag == "input":
            self.fields[given["name"]] = given.get("value") or ""
        elif tag == "button" and "name" in given:
            self.buttons.append((given["name"], given["value"]))


def submit(page, button=None, **entries):
    """Opens a page, fills its form in and sends it; answers the status, where it leads and the text."""
    status, _, text = send("GET", page)
    if status != 200:
        raise AssertionError("%s answers %d" % (page, status))
    form = Form(text)
    unknown = set(entries) - set(form.fields)
    if unknown or (button and button not in form.buttons):
        raise AssertionError("the form of %s has no %s" % (page, unknown or button))
    fields = {**form.fields, **entries, **(dict([button]) if button else {})}
    address = urllib.parse.urljoin(page, form.action)
    status, headers, text = send("POST", address, urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded")
    return status, headers.get("Location"), text


class Control:
    """The sandbox's control calls."""

    def __init__(self, base):
        self.base = base

    def call(self, method, path, body=None):
        status, _, text = send(method, self.base + "/_sandbox/" + path, None if body is None else json.dumps(body).encode())
        if status != 200:
            raise AssertionError("%s %s answers %d: %s" % (method, path, status, text))
        return json.loads(text)

    @property
    def now(self):
        return self.call("GET", "clock")["now"]

    def settings(self, **changes):
        return self.call("POST", "settings", changes)

    def advance(self, seconds):
        return self.call("POST", "clock/advance", {"seconds": seconds})
