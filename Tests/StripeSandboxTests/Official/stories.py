"""What is to happen for each recorded story, on the sandbox's clock: offsets are seconds since the customer was made."""
import json

import stripe

from wire import Control, Library, submit

DAY = 86_400
PRICE = 1900


class Story:
    """One customer and what becomes of them; `events` are the events of that customer, oldest first."""

    def __init__(self, base, version, user, currency, began):
        self.library = Library(base, version)
        self.control = Control(base)
        self.user, self.currency = user, currency
        self.control.call("POST", "clock", {"now": began, "frozen": True})
        self.control.settings(event_version=version, after_final_failure="cancel", retry_days=[3, 5, 7])
        product = stripe.Product.create(name="Pro")
        self.price = stripe.Price.create(product=product["id"], currency=currency, unit_amount=PRICE, recurring={"interval": "month"})
        self.newest = stripe.Event.list(limit=1)["data"][0]["id"]
        self.mine, self.events = set(), []
        self.began = began
        self.customer = stripe.Customer.create(
            email="zoe.mueller@example.com", name="Zoë Müller – Söhne", metadata={"user_id": user})["id"]
        self.mine.add(self.customer)

    def at(self, offset):
        """Lets time pass, in strides: events are listed for 30 days only."""
        while (rest := self.began + offset - self.control.now) > 0:
            self.control.advance(min(rest, 20 * DAY))
            self.collect()

    def collect(self):
        """Keeps what was told of this customer since the last time."""
        fresh = []
        for event in stripe.Event.list(limit=100).auto_paging_iter():
            if event["id"] == self.newest:
                break
            fresh.insert(0, json.loads(str(event)))
        for event in fresh:
            value = event["data"]["object"]
            related = {value.get(name) for name in ("id", "customer", "invoice", "charge", "payment_intent")} - {None}
            if related & self.mine:
                self.mine.add(value.get("id"))
                self.events.append(event)
            self.newest = event["id"]

    # What a customer does

    def session(self, **parameters):
        self.at(5)
        self.checkout = stripe.checkout.Session.create(
            customer=self.customer, client_reference_id=self.user, success_url="https://shop.example/ok", metadata={"user_id": self.user},
            **parameters)

    def pay(self, at, **entries):
        self.at(at)
        status, _, page = submit(self.checkout["url"], postal_code="10115", **entries)
        if status != 303:
            raise AssertionError("the page answers %d: %s" % (status, page))
        self.collect()
        self.checkout = stripe.checkout.Session.retrieve(self.checkout["id"])

    def sign_up(self, card="4242424242424242", trial=None):
        data = {"metadata": {"user_id": self.user}, **({"trial_period_days": trial} if trial else {})}
        self.session(mode="subscription", line_items=[{"price": self.price["id"], "quantity": 1}], subscription_data=data)
        self.pay(100, card=card)
        self.subscription = self.checkout["subscription"]
        self.at(105)

    def once(self, types=None, paid=None):
        line = {"price_data": {"currency": self.currency, "unit_amount": PRICE, "product_data": {"name": "Pro"}}, "quantity": 1}
        self.session(mode="payment", line_items=[line], **({"payment_method_types": types} if types else {}), **(
            {"payment_intent_data": {"metadata": {"user_id": self.user}}} if paid else {}))

    def charge(self):
        return stripe.Charge.list(customer=self.customer)["data"][0]["id"]

    def refund(self, at, amount=None):
        self.at(at)
        made = stripe.Refund.create(
            charge=self.charge(), reason="requested_by_customer", metadata={"user_id": self.user}, **({"amount": amount} if amount else {}))
        self.collect()
        return made["id"]

    def change(self, at, **parameters):
        self.at(at)
        stripe.Subscription.modify(self.subscription, **parameters)
        self.collect()

    def dispute(self, verdict):
        """The bank takes 60 days in the record; here it decides before the renewal, which the record leaves out."""
        self.sign_up()
        self.at(1036905)
        dispute = self.control.call("POST", "charges/%s/dispute" % self.charge(), {"reason": "fraudulent"})["dispute"]
        self.collect()
        self.at(1382505)
        stripe.Dispute.modify(dispute, evidence={"uncategorized_text": "Here is the invoice."}, submit=True)
        self.collect()
        self.at(1382505 + 5 * DAY)
        self.control.call("POST", "disputes/" + dispute, {"verdict": verdict})


def renewal_fails(story):
    story.sign_up(card="4000000000000341")
    story.at(3978108)


def recovers(story):
    story.sign_up(card="4000000000000341")
    story.at(3200507)
    story.control.call("POST", "customers/%s/card" % story.customer, {"card": "4242424242424242"})
    story.collect()
    story.at(3200547)
    stripe.Invoice.pay(stripe.Subscription.retrieve(story.subscription)["latest_invoice"])


def cancels_later(story, until):
    story.sign_up()
    story.change(864105, cancel_at_period_end=True)
    story.at(until)


def stays(story):
    cancels_later(story, 1036905)
    story.change(1036905, cancel_at_period_end=False)
    story.at(2682110)


def cancels_now(story):
    story.sign_up()
    story.at(345705)
    stripe.Subscription.cancel(story.subscription)


def refunds(story, *parts):
    story.sign_up()
    for at, amount in parts:
        story.refund(at, amount)
    story.at(parts[-1][0] + 2 * DAY)


def refund_fails(story):
    story.sign_up(card="4000000000007726")
    refund = story.refund(259305)
    story.at(691300)
    story.control.call("POST", "refunds/" + refund, {"status": "failed", "failure_reason": "expired_or_canceled_card"})


def pays_once(story):
    story.once(paid=True)
    story.pay(65, card="4242424242424242")


def debit_fails(story):
    story.once(types=["sepa_debit"])
    story.pay(65, account="DE65370400440002222227")
    story.at(120)


def expires(story):
    story.once()
    story.at(86405)


def renews(story, sign_up, until):
    sign_up(story)
    story.at(until)


STORIES = {
    "01": Story.sign_up,
    "02": lambda story: renews(story, Story.sign_up, 5101310),
    "03": renewal_fails,
    "04": recovers,
    "06": lambda story: cancels_later(story, 2678500),
    "07": lambda story: cancels_later(story, 864110),
    "09": stays,
    "10": cancels_now,
    "11": lambda story: refunds(story, (259305, None)),
    "12": lambda story: refunds(story, (259305, 500), (345705, 1400)),
    "14": refund_fails,
    "15": lambda story: story.dispute("lost"),
    "16": lambda story: story.dispute("won"),
    "19": lambda story: renews(story, lambda story: story.sign_up(trial=14), 1213310),
    "20": pays_once,
    "22": debit_fails,
    "23": expires,
}
