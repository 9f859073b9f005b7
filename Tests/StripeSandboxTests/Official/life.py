"""Has Stripe's own Python library run the life of a subscription business against the sandbox, once in each shape of the API.

    life.py BASE [--version NAME …] [--schema FILE] [--fixtures DIR]

Every step asserts the states that Stripe documents; the first that differs ends the program with exit code 1. With --schema each answer
in the version of that OpenAPI document must be valid by it, with --fixtures each object must have the members of Stripe's example object.
Time passes by a test clock: nobody waits.
"""
import argparse
import sys

import stripe

from wire import CardError, Control, InvalidRequestError, Library, preview_invoice, submit

VERSIONS = ["2024-06-20", "2026-05-27.dahlia"]
HOUR, DAY = 3600, 86_400
PRICE = 1900


class Life:
    def __init__(self, base, version):
        self.library = Library(base, version)
        self.control = Control(base)
        self.is_legacy = version < "2025-03-31"

    def expect(self, what, actual, expected):
        if actual != expected:
            raise AssertionError("%s: %r, not %r" % (what, actual, expected))

    def say(self, text):
        print("%-18s %s" % (self.library.version, text), flush=True)

    def run(self):
        for step in (self.prepare, self.vary, self.sign_up, self.renew, self.fail, self.recover, self.refund, self.change, self.win, self.lose,
                     self.pause, self.cancel, self.pay_once, self.debit, self.subscribe, self.bill, self.pay_by_request, self.look_around,
                     self.look_back):
            step()
            self.hear()
            self.say(step.__doc__)
        return self.library.answers

    # What the two shapes tell in different places

    def subscription(self):
        return stripe.Subscription.retrieve(self.subscription_id)

    def period_end(self):
        subscription = self.subscription()
        return subscription["current_period_end"] if self.is_legacy else subscription["items"]["data"][0]["current_period_end"]

    def newest_invoice(self):
        return stripe.Invoice.retrieve(self.subscription()["latest_invoice"], expand=[] if self.is_legacy else ["payments"])

    def intent(self, invoice):
        if self.is_legacy:
            return invoice["payment_intent"]
        return invoice["payments"]["data"][0]["payment"]["payment_intent"]

    def charge(self, invoice):
        return stripe.PaymentIntent.retrieve(self.intent(invoice), expand=["latest_charge"])["latest_charge"]

    def card(self, name):
        """Saves one of Stripe's test cards and has the subscription charge it from now on."""
        method = stripe.PaymentMethod.attach(name, customer=self.customer["id"])
        stripe.Customer.modify(self.customer["id"], invoice_settings={"default_payment_method": method["id"]})
        changed = stripe.Subscription.modify(self.subscription_id, default_payment_method=method["id"])
        self.expect("the default card", changed["default_payment_method"], method["id"])
        return method

    def hear(self):
        """Takes in what was told since the last time; events are listed for 30 days only."""
        fresh = []
        for event in stripe.Event.list(created={"gte": self.began}, limit=100).auto_paging_iter():
            if event["id"] in self.heard or event["id"] in self.before:
                break
            fresh.insert(0, event)
        self.heard.update((event["id"], event) for event in fresh)

    def advance(self, to):
        while to - self.now > 20 * DAY:
            self.advance(self.now + 20 * DAY)
        clock = stripe.test_helpers.TestClock.advance(self.clock["id"], frozen_time=to)
        self.expect("the clock", clock["status"], "advancing")
        clock = stripe.test_helpers.TestClock.retrieve(self.clock["id"])
        self.expect("the clock", (clock["status"], clock["frozen_time"]), ("ready", to))
        self.now = to
        self.hear()

    def states(self, invoice, subscription, attempts):
        bill = self.newest_invoice()
        self.expect("the newest invoice", (bill["status"], bill["attempt_count"]), (invoice, attempts))
        self.expect("the subscription", self.subscription()["status"], subscription)
        return bill

    # The steps

    def prepare(self):
        """a customer, a product and its monthly price"""
        self.control.settings(after_final_failure="unpaid", event_version=self.library.version)
        self.began = self.now = self.control.now
        self.heard = {}
        self.before = [event["id"] for event in stripe.Event.list(limit=1)["data"]]
        self.clock = stripe.test_helpers.TestClock.create(frozen_time=self.now, name="life")
        self.customer = stripe.Customer.create(
            email="ada@example.com", name="Ada Lovelace", test_clock=self.clock["id"], metadata={"user_id": "user_1"})
        self.product = stripe.Product.create(name="Cabin")
        self.price = stripe.Price.create(product=self.product["id"], currency="usd", unit_amount=PRICE, recurring={"interval": "month"})
        self.expect("the price", (self.price["type"], self.price["unit_amount"]), ("recurring", PRICE))

    def sign_up(self):
        """a session, refused with one card and paid with another on its page"""
        session = stripe.checkout.Session.create(
            mode="subscription", customer=self.customer["id"], line_items=[{"price": self.price["id"], "quantity": 1}],
            client_reference_id="user_1", success_url="https://shop.example/ok?session={CHECKOUT_SESSION_ID}",
            cancel_url="https://shop.example/no", subscription_data={"metadata": {"user_id": "user_1"}})
        self.expect("the session", (session["status"], session["payment_status"], session["subscription"]), ("open", "unpaid", None))
        status, _, page = submit(session["url"], card="4000 0000 0000 0002")
        self.expect("the refused card", (status, "declined" in page), (402, True))
        self.expect("the session", stripe.checkout.Session.retrieve(session["id"])["status"], "open")
        status, location, _ = submit(session["url"], card="4242 4242 4242 4242", postal_code="10115")
        self.expect("the page", (status, location), (303, "https://shop.example/ok?session=" + session["id"]))
        session = stripe.checkout.Session.retrieve(session["id"], expand=["customer", "subscription", "invoice", "line_items"])
        self.expect("the session", (session["status"], session["payment_status"], session["amount_total"]), ("complete", "paid", PRICE))
        self.expect("the line", session["line_items"]["data"][0]["price"]["id"], self.price["id"])
        self.subscription_id = session["subscription"]["id"]
        invoice = self.states("paid", "active", 1)
        self.expect("the first invoice", (invoice["billing_reason"], invoice["amount_paid"]), ("subscription_create", PRICE))
        self.expect("the intent", stripe.PaymentIntent.retrieve(self.intent(invoice))["status"], "succeeded")

    def renew(self):
        """a renewal, paid by itself"""
        end = self.period_end()
        self.advance(end + 2 * HOUR)
        invoice = self.states("paid", "active", 1)
        self.expect("the renewal", invoice["billing_reason"], "subscription_cycle")
        self.expect("a new period", self.period_end() > end, True)

    def fail(self):
        """a renewal that fails four times, and leaves the subscription unpaid"""
        self.card("pm_card_chargeCustomerFail")
        self.advance(self.period_end() + 2 * HOUR)
        for attempt in (1, 2, 3):
            invoice = self.states("open", "past_due", attempt)
            self.expect("another attempt", invoice["next_payment_attempt"] > self.now, True)
            self.advance(invoice["next_payment_attempt"])
        invoice = self.states("open", "unpaid", 4)
        self.expect("the next attempt", invoice["next_payment_attempt"], None)
        intent = stripe.PaymentIntent.retrieve(self.intent(invoice))
        self.expect("the intent", (intent["status"], intent["last_payment_error"]["code"]), ("requires_payment_method", "card_declined"))
        charges = stripe.Charge.list(payment_intent=intent["id"])["data"]
        self.expect("the charges", [charge["status"] for charge in charges], ["failed"] * 4)

    def recover(self):
        """recovered with another card, after one more refusal"""
        invoice = self.newest_invoice()
        try:
            stripe.Invoice.pay(invoice["id"])
            raise AssertionError("a card that fails has paid")
        except CardError as error:
            self.expect("the refusal", (error.http_status, error.code), (402, "card_declined"))
        method = self.card("pm_card_mastercard")
        paid = stripe.Invoice.pay(invoice["id"], payment_method=method["id"])
        self.expect("the invoice", (paid["status"], paid["amount_remaining"]), ("paid", 0))
        self.expect("the subscription", self.subscription()["status"], "active")
        self.expect("the customer", stripe.Customer.retrieve(self.customer["id"])["delinquent"], False)

    def refund(self):
        """refunded twice, in part"""
        charge = self.charge(self.newest_invoice())
        for amount, total in ((700, 700), (600, 1300)):
            made = stripe.Refund.create(charge=charge["id"], amount=amount, reason="requested_by_customer")
            self.expect("the refund", (made["status"], made["amount"]), ("succeeded", amount))
            charge = stripe.Charge.retrieve(charge["id"])
            self.expect("the charge", (charge["amount_refunded"], charge["refunded"]), (total, False))
        try:
            stripe.Refund.create(charge=charge["id"], amount=601)
            raise AssertionError("more was given back than was paid")
        except InvalidRequestError as error:
            self.expect("the refusal", (error.http_status, error.param), (400, "amount"))
        self.expect("the refunds", [row["amount"] for row in stripe.Refund.list(charge=charge["id"])["data"]], [600, 700])

    def dispute(self, evidence, outcome):
        self.card("pm_card_createDispute")
        self.advance(self.period_end() + 2 * HOUR)
        charge = self.charge(self.states("paid", "active", 1))
        dispute, = stripe.Dispute.list(charge=charge["id"])["data"]
        self.expect("the dispute", (dispute["status"], dispute["reason"], dispute["amount"]), ("needs_response", "fraudulent", PRICE))
        self.expect("the charge", (charge["disputed"], charge["refunded"]), (True, False))
        kept = stripe.Dispute.modify(dispute["id"], evidence={"customer_name": "Ada Lovelace"}, submit=False)
        self.expect("the dispute", (kept["status"], kept["evidence_details"]["submission_count"]), ("needs_response", 0))
        sent = stripe.Dispute.modify(dispute["id"], evidence={"uncategorized_text": evidence}, submit=True)
        self.expect("the dispute", (sent["status"], sent["evidence_details"]["has_evidence"]), ("under_review", True))
        self.advance(self.now + 60)
        closed = stripe.Dispute.retrieve(dispute["id"], expand=["charge", "payment_intent"])
        self.expect("the dispute", closed["status"], outcome)
        # What was withdrawn comes back to whom the bank believes.
        self.expect("its movements", [row["amount"] for row in closed["balance_transactions"]], {"won": [-PRICE, PRICE]}.get(outcome, [-PRICE]))
        return dispute["id"]

    def win(self):
        """a dispute, answered and won"""
        self.dispute("winning_evidence", "won")

    def lose(self):
        """a dispute, answered and lost, and won after all"""
        dispute = self.dispute("losing_evidence", "lost")
        self.control.call("POST", "disputes/" + dispute, {"verdict": "won"})
        closed = stripe.Dispute.retrieve(dispute)
        self.expect("the reversal", (closed["status"], [row["amount"] for row in closed["balance_transactions"]]), ("won", [-PRICE, PRICE]))

    def change(self):
        """a dearer plan that waits for its payment, as it was previewed, and back"""
        dearer = stripe.Price.create(product=self.product["id"], currency="usd", unit_amount=3 * PRICE, recurring={"interval": "month"})
        item = self.subscription()["items"]["data"][0]["id"]
        items, date = [{"id": item, "price": dearer["id"]}], self.now
        preview = preview_invoice(subscription=self.subscription_id, subscription_details={
            "items": items, "proration_behavior": "always_invoice", "proration_date": date})
        self.card("pm_card_chargeCustomerFail")
        waiting = stripe.Subscription.modify(
            self.subscription_id, items=items, proration_behavior="always_invoice", proration_date=date,
            payment_behavior="pending_if_incomplete", off_session=True)
        self.expect("the subscription", (waiting["status"], waiting["items"]["data"][0]["price"]["id"]), ("active", self.price["id"]))
        self.expect("its change", waiting["pending_update"]["subscription_items"][0]["price"]["id"], dearer["id"])
        self.card("pm_card_visa")
        paid = stripe.Invoice.pay(waiting["latest_invoice"])
        self.expect("the change's price", paid["amount_paid"], preview["amount_due"])
        self.expect("the plan", self.subscription()["items"]["data"][0]["price"]["id"], dearer["id"])
        back = stripe.Subscription.modify(
            self.subscription_id, items=[{"id": item, "price": self.price["id"]}], proration_behavior="none", proration_date=self.now)
        self.expect("the plan", back["items"]["data"][0]["price"]["id"], self.price["id"])

    def pause(self):
        """collection paused in its three kinds, each with its invoice"""
        self.card("pm_card_visa")
        for behavior, status in (("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible"), ("void", "void")):
            stripe.Subscription.modify(self.subscription_id, pause_collection={"behavior": behavior})
            self.advance(self.period_end() + 2 * HOUR)
            self.expect("a bill in the pause", self.newest_invoice()["status"], status)
            self.expect("the subscription", self.subscription()["status"], "active")
        self.expect("the pause", stripe.Subscription.modify(self.subscription_id, pause_collection="")["pause_collection"], None)

    def subscribe(self):
        """subscriptions by request: with a card that works, one that asks, one that is declined, none, and an invoice by mail"""
        owner = stripe.Customer.create(email="bob@example.com", payment_method="pm_card_visa", test_clock=self.clock["id"],
                                       invoice_settings={"default_payment_method": "pm_card_visa"})["id"]
        plan = [{"price": self.price["id"]}]
        made = stripe.Subscription.create(customer=owner, items=plan, expand=["latest_invoice"])
        self.expect("the subscription", (made["status"], made["latest_invoice"]["status"]), ("active", "paid"))
        declined = stripe.PaymentMethod.attach("pm_card_chargeCustomerFail", customer=owner)["id"]
        try:
            stripe.Subscription.create(customer=owner, items=plan, default_payment_method=declined, off_session=True,
                                       payment_behavior="error_if_incomplete")
            raise AssertionError("a card that fails has begun a subscription")
        except CardError as error:
            self.expect("the refusal", (error.http_status, error.code), (402, "card_declined"))
        asks = stripe.PaymentMethod.attach("pm_card_authenticationRequired", customer=owner)["id"]
        for parameters in ({"default_payment_method": declined, "off_session": True}, {"default_payment_method": asks},
                           {"payment_behavior": "default_incomplete"}):
            waiting = stripe.Subscription.create(customer=owner, items=plan, **parameters)
            self.expect("the subscription", waiting["status"], "incomplete")
            stripe.Invoice.pay(waiting["latest_invoice"], payment_method="pm_card_mastercard")
            self.expect("the subscription", stripe.Subscription.retrieve(waiting["id"])["status"], "active")
        mailed = stripe.Subscription.create(customer=owner, items=plan, collection_method="send_invoice", days_until_due=3)
        self.advance(self.now + 2 * HOUR)
        bill = stripe.Invoice.retrieve(mailed["latest_invoice"])
        self.expect("the mailed bill", (bill["status"], bill["due_date"] > self.now), ("open", True))
        self.advance(bill["due_date"])
        self.expect("the subscription", stripe.Subscription.retrieve(mailed["id"])["status"], "past_due")
        self.mailed, self.owner = mailed, owner

    def bill(self):
        """an invoice written off, one void, one paid elsewhere"""
        first = stripe.Invoice.mark_uncollectible(self.mailed["latest_invoice"])
        self.expect("the bill", (first["status"], stripe.Subscription.retrieve(self.mailed["id"])["status"]), ("uncollectible", "active"))
        self.expect("the bill", stripe.Invoice.void_invoice(first["id"])["status"], "void")
        try:
            stripe.Invoice.void_invoice(first["id"])
            raise AssertionError("a void invoice was made void")
        except InvalidRequestError as error:
            self.expect("the refusal", error.http_status, 400)
        self.advance(self.now + 32 * DAY)
        open_bill, = stripe.Invoice.list(subscription=self.mailed["id"], status="open")["data"]
        self.expect("paid elsewhere", stripe.Invoice.pay(open_bill["id"], paid_out_of_band=True)["status"], "paid")
        ended = stripe.Subscription.delete(self.mailed["id"], invoice_now=True, prorate=True)
        self.expect("the end", ended["status"], "canceled")
        self.expect("the credit", stripe.Customer.retrieve(self.owner)["balance"] < 0, True)

    def pay_by_request(self):
        """payment intents, confirmed and canceled, and a debit"""
        paid = stripe.PaymentIntent.create(amount=700, currency="usd", payment_method="pm_card_visa", confirm=True)
        self.expect("the intent", (paid["status"], paid["amount_received"]), ("succeeded", 700))
        asked = stripe.PaymentIntent.create(amount=700, currency="usd", payment_method="pm_card_authenticationRequired", confirm=True,
                                            return_url="https://shop.example/")
        self.expect("the intent", asked["status"], "requires_action")
        self.expect("the intent", stripe.PaymentIntent.cancel(asked["id"])["status"], "canceled")
        account = stripe.PaymentMethod.create(type="sepa_debit", sepa_debit={"iban": "DE89370400440532013000"})["id"]
        debit = stripe.PaymentIntent.create(amount=700, currency="eur", payment_method=account, payment_method_types=["sepa_debit"])
        self.expect("the intent", stripe.PaymentIntent.confirm(debit["id"])["status"], "processing")
        self.advance(self.now + 60)
        self.expect("the intent", stripe.PaymentIntent.retrieve(debit["id"])["status"], "succeeded")
        try:
            stripe.PaymentIntent.create(amount=700, currency="usd", payment_method="pm_usBankAccount_success", confirm=True)
            raise AssertionError("a bank account has paid where cards are asked for")
        except InvalidRequestError as error:
            self.expect("the refusal", (error.http_status, error.param), (400, "payment_method"))
        debit = stripe.PaymentIntent.create(amount=700, currency="usd", payment_method="pm_usBankAccount_noAccount", confirm=True,
                                            payment_method_types=["us_bank_account"])
        self.expect("the intent", debit["status"], "processing")
        self.advance(self.now + 60)
        debit = stripe.PaymentIntent.retrieve(debit["id"], expand=["latest_charge", "payment_method"])
        self.expect("the charge", (debit["status"], debit["latest_charge"]["failure_code"]), ("requires_payment_method", "no_account"))
        link = stripe.PaymentMethod.create(type="link")["id"]
        paid = stripe.PaymentIntent.create(amount=700, currency="usd", payment_method=link, payment_method_types=["link"], confirm=True,
                                           expand=["latest_charge"])
        self.expect("the charge", paid["latest_charge"]["payment_method_details"]["type"], "link")

    def cancel(self):
        """canceled at the period's end, kept after all, canceled at once"""
        due = stripe.Subscription.modify(self.subscription_id, cancel_at_period_end=True)
        self.expect("the cancellation", (due["status"], due["cancel_at_period_end"], due["cancel_at"]), ("active", True, self.period_end()))
        kept = stripe.Subscription.modify(self.subscription_id, cancel_at_period_end=False)
        self.expect("the cancellation", (kept["cancel_at"], kept["canceled_at"]), (None, None))
        ended = stripe.Subscription.cancel(self.subscription_id, cancellation_details={"comment": "moving on"})
        self.expect("the end", (ended["status"], ended["ended_at"]), ("canceled", self.now))
        self.expect("its reason", ended["cancellation_details"]["reason"], "cancellation_requested")
        listed = stripe.Subscription.list(customer=self.customer["id"])["data"]
        self.expect("live subscriptions", list(listed), [])
        listed = stripe.Subscription.list(customer=self.customer["id"], status="all")["data"]
        self.expect("all subscriptions", [row["id"] for row in listed], [self.subscription_id])

    def vary(self):
        """a trial with a coupon, a dearer plan in the middle of a month, a pause"""
        owner = stripe.Customer.create(email="eve@example.com", test_clock=self.clock["id"])["id"]
        coupon = stripe.Coupon.create(percent_off=50, duration="repeating", duration_in_months=2)
        code = stripe.PromotionCode.create(**self.promotion(coupon["id"]), code="HALF%s" % coupon["id"][-6:].upper())
        session = stripe.checkout.Session.create(
            mode="subscription", customer=owner, line_items=[{"price": self.price["id"], "quantity": 1}], success_url="https://shop.example/ok",
            subscription_data={"trial_period_days": 7}, discounts=[{"promotion_code": code["id"]}])
        submit(session["url"], card="4242424242424242")
        trial = stripe.checkout.Session.retrieve(session["id"])
        self.expect("the session", (trial["status"], trial["payment_status"]), ("complete", "no_payment_required"))
        subscription = stripe.Subscription.retrieve(trial["subscription"], expand=["discounts", "latest_invoice.lines", "customer"])
        self.expect("the subscription", (subscription["status"], len(subscription["discounts"])), ("trialing", 1))
        self.advance(self.now + 8 * DAY)
        subscription = stripe.Subscription.retrieve(trial["subscription"], expand=["latest_invoice.discounts"])
        bill = subscription["latest_invoice"]
        self.expect("the first bill", (subscription["status"], bill["status"], bill["total"]), ("active", "paid", PRICE // 2))
        dearer = stripe.Price.create(product=self.product["id"], currency="usd", unit_amount=3 * PRICE, recurring={"interval": "month"})
        changed = stripe.Subscription.modify(
            subscription["id"], items=[{"id": subscription["items"]["data"][0]["id"], "price": dearer["id"]}],
            proration_behavior="always_invoice", expand=["latest_invoice"])
        self.expect("the change", changed["latest_invoice"]["billing_reason"], "subscription_update")
        self.expect("its lines", len(changed["latest_invoice"]["lines"]["data"]), 2)
        paused = stripe.Subscription.modify(subscription["id"], pause_collection={"behavior": "void"})
        self.expect("the pause", (paused["status"], paused["pause_collection"]["behavior"]), ("active", "void"))
        self.advance(self.now + 31 * DAY)
        bill = stripe.Invoice.list(subscription=subscription["id"], limit=1)["data"][0]
        self.expect("a bill in the pause", bill["status"], "void")
        self.expect("the end", stripe.Subscription.cancel(subscription["id"])["status"], "canceled")

    def promotion(self, coupon):
        """How a promotion code names its coupon: itself, and since clover under `promotion`."""
        return {"coupon": coupon} if self.is_legacy else {"promotion": {"type": "coupon", "coupon": coupon}}

    def session(self, currency, **parameters):
        line = {"price_data": {"currency": currency, "unit_amount": 500, "product_data": {"name": "Lantern"}}, "quantity": 2}
        return stripe.checkout.Session.create(
            mode="payment", customer=self.customer["id"], line_items=[line], success_url="https://shop.example/ok", **parameters)

    def pay_once(self):
        """a single payment, with 3-D Secure"""
        session = self.session("usd")
        status, challenge, _ = submit(session["url"], card="4000 0025 0000 3155")
        self.expect("the page", (status, "/3ds/" in challenge), (303, True))
        intent = stripe.PaymentIntent.retrieve(challenge.rsplit("/", 1)[1])
        self.expect("the intent", (intent["status"], intent["next_action"]["type"]), ("requires_action", "redirect_to_url"))
        status, location, _ = submit(challenge, button=("outcome", "complete"))
        self.expect("the bank's page", (status, location), (303, "https://shop.example/ok"))
        session = stripe.checkout.Session.retrieve(session["id"], expand=["payment_intent.latest_charge"])
        self.expect("the session", (session["status"], session["payment_status"], session["amount_total"]), ("complete", "paid", 1000))
        self.expect("the charge", session["payment_intent"]["latest_charge"]["status"], "succeeded")

    def debit(self):
        """a debit that the bank refuses later, and a session that expires"""
        session = self.session("eur", payment_method_types=["sepa_debit"])
        submit(session["url"], account="DE62370400440532013001")
        session = stripe.checkout.Session.retrieve(session["id"], expand=["payment_intent"])
        self.expect("the session", (session["status"], session["payment_status"]), ("complete", "unpaid"))
        self.expect("the intent", session["payment_intent"]["status"], "processing")
        self.advance(self.now + 60)
        intent = stripe.PaymentIntent.retrieve(session["payment_intent"]["id"], expand=["latest_charge"])
        self.expect("the intent", (intent["status"], intent["latest_charge"]["status"]), ("requires_payment_method", "failed"))
        self.expect("the session", stripe.checkout.Session.expire(self.session("usd")["id"])["status"], "expired")

    def look_around(self):
        """lists, the portal, a webhook endpoint"""
        owner = self.customer["id"]
        self.expect("customers", [row["id"] for row in stripe.Customer.list(email="ada@example.com", test_clock=self.clock["id"])["data"]], [owner])
        invoices = stripe.Invoice.list(subscription=self.subscription_id, limit=2)
        self.expect("invoices", (len(invoices["data"]), invoices["has_more"]), (2, True))
        self.expect("all invoices", len(list(invoices.auto_paging_iter())), 9)
        self.expect("sessions", len(stripe.checkout.Session.list(customer=owner)["data"]), 4)
        self.expect("methods", len(stripe.PaymentMethod.list(customer=owner, type="card")["data"]) >= 4, True)
        self.expect("prices", stripe.Price.list(product=self.product["id"])["data"][-1]["id"], self.price["id"])
        self.expect("product", stripe.Product.retrieve(self.product["id"])["name"], "Cabin")
        portal = stripe.billing_portal.Session.create(customer=owner, return_url="https://shop.example/account")
        self.expect("the portal", portal["url"].startswith(self.control.base), True)
        endpoint = stripe.WebhookEndpoint.create(url="https://shop.example/hook", enabled_events=["invoice.paid"])
        self.expect("the endpoint", (endpoint["status"], endpoint["secret"][:6]), ("enabled", "whsec_"))
        self.expect("the endpoint", stripe.WebhookEndpoint.delete(endpoint["id"])["deleted"], True)

    def look_back(self):
        """the events of it all; the clock and its customer are deleted"""
        stripe.test_helpers.TestClock.delete(self.clock["id"])
        self.expect("the customer", stripe.Customer.retrieve(self.customer["id"])["deleted"], True)
        self.hear()
        events = list(self.heard.values())
        self.expect("their versions", {event["api_version"] for event in events}, {self.library.version})
        types = {event["type"] for event in events}
        wanted = {"charge.dispute.created", "charge.dispute.closed", "customer.subscription.deleted", "checkout.session.expired",
                  "checkout.session.async_payment_failed", "customer.deleted", "invoice.paid", "invoice.sent", "invoice.voided",
                  "invoice.marked_uncollectible", "customer.subscription.pending_update_applied", "payment_intent.canceled",
                  "invoice.payment_action_required", "customer.discount.created", "charge.refunded", "payment_method.attached"}
        self.expect("missing events", wanted - types, set())
        self.expect("one of them", stripe.Event.retrieve(events[-1]["id"])["type"], events[-1]["type"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("--version", action="append")
    parser.add_argument("--schema")
    parser.add_argument("--fixtures")
    given = parser.parse_args()
    answers, violations, checked = [], 0, 0
    for version in given.version or VERSIONS:
        answers += Life(given.base, version).run()
    if given.schema:
        from schema import Schema, report
        checked, found = report(Schema(given.schema), answers)
        violations += found
    if given.fixtures:
        import fixtures
        violations += fixtures.report(given.fixtures, answers)
    print("life: %d answers to Stripe's library %s as expected, %d of them checked by the schema, %d violations" % (
        len(answers), getattr(stripe, "VERSION", None) or stripe.version.VERSION, checked, violations))
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
