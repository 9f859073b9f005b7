"""What the services read of each of Stripe's objects, in either shape: the same facts as `Shared/Stripe/Objects` takes out of them."""


def identifier(value):
    return value.get("id") if isinstance(value, dict) else value


def within(value, *path):
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def price(row):
    return within(row, "pricing", "price_details", "price") or identifier(row.get("price")) or identifier(row.get("plan"))


def customer(value):
    return {"user_id": within(value, "metadata", "user_id"), "deleted": value.get("deleted", False)}


def checkout_session(value):
    return {**plain(value, "mode", "status", "payment_status", "customer", "subscription", "payment_intent", "invoice", "amount_total",
                    "currency", "url", "expires_at"),
            "user_id": value.get("client_reference_id") or within(value, "metadata", "user_id"), "plan_id": within(value, "metadata", "plan_id")}


def subscription(value):
    items = value["items"]["data"]
    ends = [row["current_period_end"] for row in items if row.get("current_period_end")]
    starts = [row["current_period_start"] for row in items if row.get("current_period_start")]
    return {**plain(value, "customer", "status", "cancel_at_period_end", "cancel_at", "canceled_at", "ended_at", "latest_invoice",
                    "trial_end", "created"),
            "user_id": within(value, "metadata", "user_id"), "price": price(items[0]),
            "current_period_start": max(starts, default=value.get("current_period_start")),
            "current_period_end": max(ends, default=value.get("current_period_end")),
            "reason": within(value, "cancellation_details", "reason")}


def invoice(value):
    lines = value["lines"]["data"]
    details = within(value, "parent", "subscription_details") or value.get("subscription_details") or {}
    return {**plain(value, "customer", "status", "billing_reason", "currency", "amount_due", "amount_paid", "attempt_count",
                    "next_payment_attempt", "payment_intent", "charge", "created"),
            "subscription": identifier(details.get("subscription") or value.get("subscription")),
            "user_id": within(details, "metadata", "user_id") or within(value, "metadata", "user_id"),
            "price": price(lines[-1]) if lines else None,
            "paid_out_of_band": value.get("paid_out_of_band") or (value.get("amount_paid_off_stripe") or 0) > 0}


def invoice_payment(value):
    return {**plain(value, "invoice", "status", "amount_paid", "currency"), "payment_intent": within(value, "payment", "payment_intent")}


def payment_intent(value):
    error = value.get("last_payment_error") or {}
    return {**plain(value, "customer", "invoice", "status", "currency", "amount", "amount_received", "latest_charge", "created",
                    "payment_method_types"),
            "user_id": within(value, "metadata", "user_id"), "failed_charge": error.get("charge"), "code": error.get("code"),
            "decline_code": error.get("decline_code"), "message": error.get("message"),
            "failed_method": identifier(error.get("payment_method")), "failed_type": within(error, "payment_method", "type")}


def charge(value):
    failed = value["status"] == "failed" or value.get("failure_code")
    return {**plain(value, "payment_intent", "customer", "invoice", "status", "currency", "amount", "amount_refunded", "created"),
            "type": within(value, "payment_method_details", "type"), "code": value.get("failure_code"),
            "decline_code": within(value, "outcome", "reason") if failed else None, "message": value.get("failure_message"),
            "method": value.get("payment_method") if failed else None}


def refund(value):
    return plain(value, "charge", "payment_intent", "currency", "amount", "status", "reason", "failure_reason", "created")


def dispute(value):
    return {**plain(value, "charge", "payment_intent", "currency", "amount", "reason", "status", "created"),
            "due_by": within(value, "evidence_details", "due_by")}


def plain(value, *names):
    return {name: identifier(value.get(name)) for name in names}


READERS = {"customer": customer, "checkout.session": checkout_session, "subscription": subscription, "invoice": invoice,
           "invoice_payment": invoice_payment, "payment_intent": payment_intent, "charge": charge, "refund": refund, "dispute": dispute}
TIMES = {"expires_at", "cancel_at", "canceled_at", "ended_at", "trial_end", "created", "current_period_start", "current_period_end",
         "next_payment_attempt", "due_by"}


def facts(value):
    """The facts of an object, its id and mode among them; of a kind that no service reads, nothing."""
    reader = READERS.get(value["object"])
    if reader is None:
        return {}
    return {"id": value.get("id"), **({} if value["object"] == "refund" else {"livemode": value.get("livemode")}), **reader(value)}
