"""Takes the sandbox and localstripe (PyPI, with Stripe's own library) through the same steps and compares the states they end in.

    localstripe_compare.py BASE

localstripe knows the shapes of long ago, so the sandbox is asked in 2024-06-20. How a subscription begins differs: localstripe takes
POST /v1/subscriptions with a plan, the sandbox a checkout session that is paid on its page. Compared is what comes of it.

What localstripe cannot do, and is therefore not compared: checkout sessions, hosted pages and the portal; prices; test clocks, and with
them renewals, retries, trials that end and cancellations that come due; disputes; refunds that are pending or fail; paying an invoice
with a card that is not the default; Stripe-Version and the newer shapes; idempotency keys; expansion of more than it holds; listing
events; an end of a subscription's pause; promotion codes.
"""
import argparse
import json
import socket
import subprocess
import sys
import time

import stripe

from wire import CardError, Control, InvalidRequestError, Library, send, submit

SERVE = """
import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
PRICE = 1900

# Where localstripe is wrong by Stripe's API reference: what failed was not captured, and an invoice has a reason.
WRONG = {("refused: the charge", "captured"), ("paid: the invoice", "billing_reason"), ("refused: the invoice", "billing_reason"),
         ("paid after all: the invoice", "billing_reason")}


class Localstripe:
    """localstripe as a process on a port of this machine only."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        base = "http://127.0.0.1:%d" % port
        for _ in range(100):
            try:
                send("GET", base + "/")
                return base
            except OSError:
                time.sleep(0.1)
        sys.exit("localstripe does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class ByPlan:
    """How a subscription begins at localstripe: with the customer's default card, at once."""

    BAD = "pm_card_chargeCustomerFail"

    def __init__(self, product):
        self.plan = stripe.Plan.create(product=product, currency="usd", amount=PRICE, interval="month")["id"]

    def subscribe(self, customer, refused):
        save(customer, self.BAD if refused else "pm_card_visa")
        return stripe.Subscription.create(customer=customer, items=[{"plan": self.plan}])["id"]

    def pay_after_all(self, customer, subscription):
        save(customer, "pm_card_visa")
        stripe.Invoice.pay(identifier(stripe.Subscription.retrieve(subscription)["latest_invoice"]))


class ByPage:
    """How a subscription begins at Stripe and here: by a session, on a page where a refused card can be followed by another."""

    def __init__(self, product):
        price = stripe.Price.create(product=product, currency="usd", unit_amount=PRICE, recurring={"interval": "month"})
        self.line = {"price": price["id"], "quantity": 1}

    def subscribe(self, customer, refused):
        self.session = stripe.checkout.Session.create(
            customer=customer, mode="subscription", line_items=[self.line], success_url="https://shop.example/ok")
        submit(self.session["url"], card="4000000000000002" if refused else "4242424242424242")
        if not refused:
            save(customer, "pm_card_visa")
        return stripe.Subscription.list(customer=customer, status="all")["data"][0]["id"]

    def pay_after_all(self, customer, subscription):
        submit(self.session["url"], card="4242424242424242")


def identifier(value):
    return value if value is None or isinstance(value, str) else value["id"]


def save(customer, card):
    method = stripe.PaymentMethod.attach(card, customer=customer)
    stripe.Customer.modify(customer, invoice_settings={"default_payment_method": method["id"]})
    return method


class Business:
    """The steps, and what is true after each: `states` by the step's name."""

    def __init__(self, way):
        product = stripe.Product.create(name="Cabin", type="service") if way is ByPlan else stripe.Product.create(name="Cabin")
        self.way = way(product["id"])
        self.states = {}

    def keep(self, step, value, *names, **more):
        plain = json.loads(str(value))
        self.states[step] = {**{name: plain[name] for name in names if name in plain}, **more}

    def run(self):
        self.customer()
        self.subscribe()
        self.refund()
        self.cancel()
        self.refused()
        return self.states

    def customer(self):
        made = stripe.Customer.create(email="ada@example.com", metadata={"user_id": "user_1", "gone": "soon"})
        self.owner = made["id"]
        self.keep("a customer", made, "email", "metadata", "object", "livemode")
        changed = stripe.Customer.modify(self.owner, name="Ada Lovelace", metadata={"plan": "basic"})
        self.keep("a changed customer", changed, "email", "name", metadata=changed["metadata"]["plan"])
        card = stripe.PaymentMethod.attach("pm_card_visa", customer=self.owner)
        self.keep("a saved card", card, "type", "object", last4=card["card"]["last4"], brand=card["card"]["brand"],
                  his=card["customer"] == self.owner)

    def money(self, step, subscription):
        """The subscription, its newest invoice and the charge of that."""
        subscription = stripe.Subscription.retrieve(subscription)
        invoice = stripe.Invoice.retrieve(identifier(subscription["latest_invoice"]))
        intent = stripe.PaymentIntent.retrieve(identifier(invoice["payment_intent"]))
        charge = stripe.Charge.retrieve(identifier(intent["latest_charge"]))
        self.charge = charge["id"]
        self.keep(step + ": the subscription", subscription, "status", "cancel_at_period_end", "ended_at", "object", "trial_end",
                  month=27 * 86_400 < subscription["current_period_end"] - subscription["current_period_start"] < 32 * 86_400,
                  quantity=subscription["items"]["data"][0]["quantity"])
        self.keep(step + ": the invoice", invoice, "status", "amount_due", "amount_paid", "amount_remaining", "currency", "total", "subtotal",
                  "billing_reason", "paid", "attempted")
        self.keep(step + ": the intent", intent, "status", "amount", "currency")
        self.keep(step + ": the charge", charge, "status", "amount", "amount_refunded", "captured", "currency", "failure_code",
                  "failure_message", "paid", "refunded")

    def subscribe(self):
        self.subscription = self.way.subscribe(self.owner, refused=False)
        self.money("paid", self.subscription)

    def refund(self):
        for number, amount in enumerate((700, 500, 700), 1):
            made = stripe.Refund.create(charge=self.charge, amount=amount)
            self.keep("refund %d" % number, made, "status", "amount", "currency", "object")
            charge = stripe.Charge.retrieve(self.charge)
            self.keep("refunded %d" % charge["amount_refunded"], charge, "amount", "amount_refunded", "refunded", "status", "paid")
        self.states["all refunds"] = sorted(row["amount"] for row in stripe.Refund.list(charge=self.charge)["data"])

    def cancel(self):
        for later in (True, False):
            changed = stripe.Subscription.modify(self.subscription, cancel_at_period_end=later)
            self.keep("canceled later: %s" % later, changed, "status", "cancel_at_period_end")
        ended = stripe.Subscription.cancel(self.subscription)
        self.keep("canceled", ended, "status", over=ended["ended_at"] is not None)
        for status in (None, "all", "canceled"):
            listed = stripe.Subscription.list(customer=self.owner, **({"status": status} if status else {}))["data"]
            self.states["listed: %s" % status] = [row["status"] for row in listed]
        self.keep("a deleted customer", stripe.Customer.delete(self.owner), "deleted", "object")
        try:
            stripe.Customer.retrieve("cus_none")
        except InvalidRequestError as error:
            self.states["no customer"] = error.http_status

    def refused(self):
        self.owner = stripe.Customer.create(email="eve@example.com")["id"]
        try:
            subscription = self.way.subscribe(self.owner, refused=True)
        except CardError:
            subscription = stripe.Subscription.list(customer=self.owner, status="all")["data"][0]["id"]
        self.money("refused", subscription)
        self.way.pay_after_all(self.owner, subscription)
        self.money("paid after all", subscription)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    given = parser.parse_args()
    Control(given.base).settings(event_version="2024-06-20")
    Library(given.base, "2024-06-20")
    ours = Business(ByPage).run()
    with Localstripe() as base:
        Library(base)
        theirs = Business(ByPlan).run()
    alike, different, absent = 0, 0, set()
    for step, state in ours.items():
        rows = state if isinstance(state, dict) else {"": state}
        others = theirs[step] if isinstance(state, dict) else {"": theirs[step]}
        for name, value in rows.items():
            if name not in others:
                absent.add("%s (%s)" % (name, step.rpartition(": ")[2]))
            elif value == others[name]:
                alike += 1
            elif (step, name) in WRONG:
                print("known      %s, %s: the sandbox %s, localstripe %s" % (step, name, json.dumps(value), json.dumps(others[name])))
            else:
                different += 1
                print("DIFFERENT  %s, %s: the sandbox %s, localstripe %s" % (step, name, json.dumps(value), json.dumps(others[name])))
        print("compared   %-32s %s" % (step, json.dumps(state)))
    print("not there in localstripe: " + ", ".join(sorted(absent)))
    print("localstripe: %d steps, %d members alike, %d different" % (len(ours), alike, different))
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
