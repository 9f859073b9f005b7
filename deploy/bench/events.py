"""Writes signed deliveries of Stripe events to a file, each a whole HTTP request after its length in eight digits.

    events.py URL COUNT FILE [--subscribed]        secret: STRIPE_WEBHOOK_SECRET

Every event has an id of its own and 3 to 8 KB of JSON, spaced as Stripe spaces it. They must be sent within five minutes: a signature
is good for no longer. Without --subscribed nobody subscribes to their types: then the door alone is measured.
"""
import hashlib
import hmac
import json
import os
import random
import sys
import time
from urllib.parse import urlsplit


def line(number):
    return {
        "id": "il_ID%02d" % number, "object": "line_item", "amount": 1900, "currency": "usd", "livemode": False,
        "description": "1 × Basic (at $19.00 / month)", "discountable": True, "discounts": [], "invoice": "in_ID",
        "metadata": {"user_id": "user_SEQ"}, "period": {"start": 1767261600, "end": 1769940000}, "quantity": 1,
        "parent": {"type": "subscription_item_details", "invoice_item_details": None, "subscription_item_details": {
            "subscription": "sub_ID", "subscription_item": "si_ID", "proration": False, "proration_details": {"credited_items": None}}},
        "pricing": {"type": "price_details", "unit_amount_decimal": "1900", "price_details": {"price": "price_basic", "product": "prod_1"}},
        "taxes": [],
    }


def invoice(lines):
    return {
        "id": "in_ID", "object": "invoice", "account_country": "US", "amount_due": 1900, "amount_paid": 1900, "amount_remaining": 0,
        "attempt_count": 1, "attempted": True, "auto_advance": False, "billing_reason": "subscription_cycle", "created": 1767261600,
        "collection_method": "charge_automatically", "currency": "usd", "customer": "cus_ID", "customer_email": "ada@example.com",
        "customer_name": "Ada Lovelace", "hosted_invoice_url": "https://invoice.stripe.com/i/acct_1/test_ID", "livemode": False,
        "lines": {"object": "list", "data": [line(number) for number in range(lines)], "has_more": False, "total_count": lines},
        "metadata": {}, "next_payment_attempt": None, "number": "A-SEQ", "status": "paid", "total": 1900, "period_end": 1769940000,
        "parent": {"type": "subscription_details", "quote_details": None,
                   "subscription_details": {"subscription": "sub_ID", "metadata": {"user_id": "user_SEQ"}}},
        "status_transitions": {"finalized_at": 1767261600, "marked_uncollectible_at": None, "paid_at": 1767261600, "voided_at": None},
    }


def templates(subscribed):
    prefix = "" if subscribed else "bench."
    events = []
    for kind, lines in [("invoice.paid", 1), ("invoice.payment_failed", 2), ("invoice.paid", 3), ("invoice.paid", 4)]:
        event = {
            "id": "evt_ID", "object": "event", "api_version": "2026-05-27.dahlia", "created": 1767261600, "livemode": False,
            "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": prefix + kind, "data": {"object": invoice(lines)},
        }
        events.append(json.dumps(event, indent=2, ensure_ascii=False).encode())
    return events


def main():
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    url, count, path = urlsplit(arguments[0]), int(arguments[1]), arguments[2]
    secret = os.environ["STRIPE_WEBHOOK_SECRET"].encode()
    bodies = templates("--subscribed" in sys.argv)
    run = "%012x" % random.getrandbits(48)
    head = ("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json; charset=utf-8\r\nUser-Agent: Stripe/1.0 "
            "(+https://stripe.com/docs/webhooks)\r\nAccept: */*; q=0.5, application/xml\r\nCache-Control: no-cache\r\n"
            % (url.path, url.netloc)).encode()
    moment = b"%d" % time.time()
    size = 0
    with open(path, "wb", 1 << 20) as file:
        for number in range(count):
            unique = ("%s%09d" % (run, number)).encode()
            body = bodies[number % len(bodies)].replace(b"ID", unique).replace(b"SEQ", b"%09d" % number)
            signature = hmac.new(secret, moment + b"." + body, hashlib.sha256).hexdigest().encode()
            request = (head + b"Stripe-Signature: t=" + moment + b",v1=" + signature + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            file.write(b"%08d" % len(request) + request)
            size += len(body)
    print("%d events, %d bytes on average" % (count, size // count), file=sys.stderr)


main()
