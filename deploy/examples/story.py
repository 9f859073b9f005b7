"""Plays the whole story against a running system and proves each step with what an outsider can see of it.

`deploy/local demo` runs it. It shares no code with the services: HTTP through the gateway, rows through the read-only role,
messages through the broker. Every wait has an end; the exit status is 0 only when everything was shown.
"""

import datetime
import json
import os
import sys
import time
import urllib.parse
from typing import Any

from outside import Broker, Failed, Observer, call, pay_on_page, wait
from vm_controller import report

GATEWAY, SANDBOX, STRIPE = os.environ["GATEWAY_URL"], os.environ["SANDBOX_URL"], os.environ["STRIPE_API_BASE"]
CUSTOMER = {"Authorization": f"Bearer {os.environ['CUSTOMER_TOKEN']}"}
ADMIN = {"Authorization": f"Bearer {os.environ['ADMIN_TOKEN']}"}
STRIPE_KEY = {"Authorization": f"Bearer {os.environ['STRIPE_SECRET_KEY']}"}
USER, QUEUE, BAD_CARD = "demo_customer", "vm-controller.commands", "4000000000000341"
PATIENCE = 30  # seconds for anything that travels through Stripe, the webhook, the broker and a service
COMMAND_FIELDS = {"command_id", "generation", "user_id", "subscription_id", "reason", "evidence"}
EVIDENCE_FIELDS = {"read_at", "subscription_status", "invoice_id", "attempt_count", "next_payment_attempt"}

database = Observer(os.environ["OBSERVER_DATABASE_URL"])
broker = Broker(os.environ["AMQP_URL"])
began = time.monotonic()


def title(text: str) -> None:
    line = f"{time.monotonic() - began:6.1f} s  {text}"
    print(f"\n\033[1m{line}\033[0m" if sys.stdout.isatty() else f"\n{line}")


def show(label: str, value: Any) -> None:
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    print(f"  {label}\n" + "\n".join(f"    {line}" for line in text.rstrip().split("\n")))


def api(method: str, path: str, body: Any = None, expected: int = 200, caller: dict[str, str] = CUSTOMER) -> Any:
    status, answer, _ = call(method, f"{GATEWAY}/api/payment{path}", body, caller)
    if status != expected:
        raise Failed(f"{method} {path}: {status} {answer}")
    return answer


def sandbox(path: str, body: Any = None) -> Any:
    status, answer, _ = call("POST", f"{SANDBOX}/_sandbox{path}", body if body is not None else {})
    if status != 200:
        raise Failed(f"{path}: {status} {answer}")
    return answer


def check(condition: object, text: str) -> None:
    if not condition:
        raise Failed(text)
    print(f"  ✔ {text}")


def sign_up() -> str:
    title("The customer picks a plan and pays on the hosted page")
    session = api("POST", "/create-checkout-session", {"plan_id": "basic"})
    show("POST /create-checkout-session", session)
    again = api("POST", "/create-checkout-session", {"plan_id": "basic"})
    check(again["session_id"] == session["session_id"], "a second click gets the same session")
    status, headers = pay_on_page(session["url"])
    check(status == 303, f"paid; the page sends the browser back to {headers.get('Location', '')}")
    status, page, _ = call("GET", headers["Location"])
    check(status == 200 and "<h1>Thank you</h1>" in page, "where it is told, in a page of ours, that the payment has arrived")
    verified = api("POST", "/verify-checkout-session", {"session_id": session["session_id"]})
    show("POST /verify-checkout-session", verified)
    check(verified["status"] == "complete", "verify-checkout-session confirms it")
    wait("the subscription is active and entitled", PATIENCE, active_and_entitled)
    show("GET /subscription-status", api("GET", "/subscription-status"))
    show("GET /payment-history", api("GET", "/payment-history"))
    check([p["status"] for p in api("GET", "/payment-history")["data"]] == ["succeeded"], "one payment, succeeded")
    show("the customer's rows", database.table(f"SELECT user_id, stripe_customer_id FROM checkout.customers WHERE user_id = '{USER}'"))
    return database.rows(f"SELECT stripe_customer_id AS id FROM checkout.customers WHERE user_id = '{USER}'")[0]["id"]


def active_and_entitled() -> bool:
    subscription = api("GET", "/subscription-status")["subscription"]
    return bool(subscription and subscription["status"] == "active" and subscription["entitled"])


def command(kind: str, above: int) -> int:
    """Reads the next command as the VM controller would, checks it to the letter, answers it, and gives its generation."""
    event = wait(f"{kind} in {QUEUE}", PATIENCE, lambda: broker.take(QUEUE))
    show(f"{QUEUE}: {event['_routing_key']}", {key: value for key, value in event.items() if key != "_routing_key"})
    data = event["data"]
    envelope = {"specversion": "1.0", "type": kind, "subject": USER, "datacontenttype": "application/json",
                "source": "/payments/subscription-enforcement", "_routing_key": kind}  # fmt: skip
    check(all(event.get(key) == value for key, value in envelope.items()), f"a CloudEvent of type {kind} about {USER}")
    datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    check(COMMAND_FIELDS <= data.keys() and EVIDENCE_FIELDS <= data["evidence"].keys(), "it has every field of the contract")
    check(data["user_id"] == USER and data["generation"] > above, f"generation {data['generation']} is above {above}")
    report(broker.channel, data, "done")
    if kind == "vm.shutdown.v1":
        check(data["evidence"]["attempt_count"] == 4 and data["evidence"]["next_payment_attempt"] is None,
              "its evidence: 4 attempts, and Stripe will not try again")  # fmt: skip
    return data["generation"]


def failed_attempt(number: int) -> str:
    """Moves the sandbox's clock until the next charge of the renewal fails; gives the event's id."""
    title(f"Attempt {number} of 4 to collect the renewal fails")
    for _ in range(30):
        told = sandbox("/clock/advance_to_next")
        failures = [event["id"] for event in told["events"] if event["type"] == "invoice.payment_failed"]
        if failures:
            now = datetime.datetime.fromtimestamp(told["now"], datetime.timezone.utc)
            print(f"  the sandbox's clock: {now:%Y-%m-%d %H:%M} UTC; {', '.join(event['type'] for event in told['events'])}")
            break
    else:
        raise Failed("the sandbox never tried to collect the renewal")
    query = (f"SELECT stripe_event_id, event_type, processed, processing_error FROM webhook.stripe_webhooks "
             f"WHERE stripe_event_id = '{failures[0]}'")  # fmt: skip
    wait("the event is stored and processed", PATIENCE, lambda: [row for row in database.rows(query) if row["processed"]] or None)
    show("webhook.stripe_webhooks", database.table(query))
    return failures[0]


def kept(number: int) -> None:
    event = failed_attempt(number)
    query = f"SELECT stripe_event_id, user_id, outcome FROM enforcement.decisions WHERE stripe_event_id = '{event}'"
    rows = wait("the decision on this event", PATIENCE, lambda: database.rows(query) or None)
    show("enforcement.decisions", database.table(query))
    check(all(row["outcome"] == "keep" and row["user_id"] == USER for row in rows), "the decision: keep the VM")
    attempts = f"SELECT amount, failure_code, failure_message FROM checkout.payment_attempts WHERE user_id = '{USER}' ORDER BY created_at"
    wait(f"{number} attempts are recorded", PATIENCE, lambda: len(database.rows(attempts)) == number)
    show("checkout.payment_attempts", database.table(attempts))
    check(broker.waiting(QUEUE) == 0, f"{QUEUE} is empty: nobody is stopped")


def pay_open_invoice(customer: str) -> None:
    title("The customer pays the open invoice on its hosted page")
    query = urllib.parse.urlencode({"customer": customer, "status": "open"})
    _, invoices, _ = call("GET", f"{STRIPE}/v1/invoices?{query}", None, STRIPE_KEY)
    check(len(invoices["data"]) == 1, f"one open invoice: {invoices['data'][0]['id'] if invoices['data'] else 'none'}")
    status, _ = pay_on_page(invoices["data"][0]["hosted_invoice_url"])
    check(status in (200, 303), "paid on the hosted page")


def refund() -> None:
    title("The customer asks for a refund of the first payment, and an admin approves half of it")
    payment = api("GET", "/payment-history")["data"][-1]
    half = payment["amount"] // 2
    asked = api("POST", "/request-refund", {"payment_id": payment["id"], "reason": "It did not run for half of the month."}, 202)
    show("POST /request-refund", asked)
    request = asked["refund_request"]["id"]
    waiting = api("GET", "/admin/refund-requests?status=pending", caller=ADMIN)["data"]
    check([item["id"] for item in waiting] == [request], "it waits for an admin")
    decision = {"refund_request_id": request, "decision": "approve", "amount": half, "admin_reason": "Half of the month."}
    api("POST", "/admin/process-refund", decision, 403)
    print("  ✔ a customer may not decide")
    dry = api("POST", "/admin/process-refund", decision | {"dry_run": True}, caller=ADMIN)
    show("POST /admin/process-refund, dry_run", dry)
    check(dry["consequences"]["amount_refunded"] == half, "what it will do is said before it is done")
    approved = api("POST", "/admin/process-refund", decision, caller=ADMIN)
    show("POST /admin/process-refund", approved)
    check(approved["refund"]["status"] == "succeeded" and approved["refund_request"]["status"] == "succeeded", "Stripe has paid")

    def given_back() -> bool:
        return bool(api("GET", "/payment-history")["data"][-1]["amount_refunded"] == half)

    wait("the customer sees it", PATIENCE, given_back)
    show("GET /payment-history", api("GET", "/payment-history")["data"][-1])
    decided = api("GET", "/admin/refund-requests?status=succeeded", caller=ADMIN)["data"][0]
    check(decided["payment"]["refundable_amount"] == payment["amount"] - half, "the admin sees it, and what is left")
    chain = api("GET", f"/admin/evidence/refund/{approved['refund']['id']}", caller=ADMIN)["chain"]
    show("GET /admin/evidence/refund/…", "\n".join(
        f"{step['at'][11:23]}  {step['actor']['kind']:<6} {step['actor']['id']:<22} {step['action']}" for step in chain))  # fmt: skip
    ledger = call("GET", f"{SANDBOX}/_sandbox/ledger")[1]["totals"]["refunded"]
    check(ledger == half, "Stripe's ledger says the same")


def account() -> None:
    title("The customer cancels, takes that back, and changes to the other plan for what was shown")
    canceled = api("POST", "/cancel-subscription", {"reason": "too many VMs"})["subscription"]
    check(canceled["cancel_at_period_end"] and canceled["entitled"], f"it ends with what is paid: {canceled['cancel_at']}")
    api("POST", "/cancel-subscription", {}, 409)
    kept_on = api("POST", "/reactivate-subscription")["subscription"]
    check(not kept_on["cancel_at_period_end"], "and goes on after all")
    preview = api("POST", "/change-plan", {"plan_id": "premium", "preview": True})
    show("POST /change-plan, preview", preview)
    changed = api("POST", "/change-plan", {"plan_id": "premium"})["subscription"]
    check(changed["plan_id"] == "premium", "the plan is Premium")

    def charged() -> bool:
        newest = api("GET", "/payment-history")["data"][0]
        return bool(newest["amount"] == preview["amount_now"] and newest["status"] == "succeeded")

    wait("the charge is what was shown", PATIENCE, charged)
    check(charged(), f"{preview['amount_now']} {preview['currency']} were charged, as shown")


def timeline() -> None:
    title("Why was I charged, why was my VM off: the customer's own timeline")
    told = api("GET", "/timeline?limit=200")
    check(told["incomplete"] == [], "every service has told its part")
    show("GET /timeline", "\n".join(f"{entry['at'][:16].replace('T', ' ')}  {entry['text']}" for entry in reversed(told["data"])))
    kinds = {entry["kind"] for entry in told["data"]}
    expected = {"subscription.started", "payment.succeeded", "payment.recovered", "vm.on", "vm.off", "refund.requested", "refund.succeeded",
                "order.cancel_at_period_end", "order.reactivate", "order.change_plan"}  # fmt: skip
    check(expected <= kinds, f"{len(told['data'])} dated sentences: charges, failures, the VM, the refund, and what was ordered")


def balance() -> None:
    title("At rest: nothing is waiting anywhere")
    tables = "SELECT table_schema AS name FROM information_schema.tables WHERE table_name = 'outbox' ORDER BY 1"
    boxes = " UNION ALL ".join(
        f"SELECT '{schema['name']}' AS schema, (SELECT count(*) FROM {schema['name']}.outbox) AS sent, "
        f"(SELECT count(*) FROM {schema['name']}.outbox WHERE published_at IS NULL) AS unsent, "
        f"(SELECT count(*) FROM {schema['name']}.inbox_heard) AS heard, "
        f"(SELECT count(*) FROM {schema['name']}.inbox_heard WHERE status <> 'done') AS undone"
        for schema in database.rows(tables)
    )
    events = "SELECT count(*) AS stored, count(*) FILTER (WHERE processed) AS processed FROM webhook.stripe_webhooks"
    at_rest = (lambda: all(row["unsent"] == row["undone"] == 0 for row in database.rows(boxes))
               and all(row["stored"] == row["processed"] > 0 for row in database.rows(events)))  # fmt: skip
    try:
        wait("everything is at rest", PATIENCE, at_rest)
    finally:
        show("events", database.table(events))
        show("messages", database.table(boxes))
    print("  ✔ events stored = processed, outboxes empty, inboxes done")
    commands = f"SELECT kind, generation, reason, outcome FROM enforcement.vm_commands WHERE user_id = '{USER}' ORDER BY generation"
    wait("every command is reported on", PATIENCE, lambda: all(row["outcome"] == "done" for row in database.rows(commands)))
    show("enforcement.vm_commands", database.table(commands))
    check(broker.waiting(QUEUE) == 0, f"{QUEUE} is empty")


def numbers() -> None:
    title("The numbers of this story, for admins")
    payments = api("GET", "/payment-history")["data"]
    collected = [payment for payment in payments if payment["status"] in ("succeeded", "refunded")]
    gross, refunded = sum(payment["amount"] for payment in collected), sum(payment["amount_refunded"] for payment in collected)
    first = min(payment["created_at"] for payment in payments)[:10]
    after = datetime.date.fromisoformat(max(payment["updated_at"] for payment in payments)[:10]) + datetime.timedelta(days=400)
    path = f"/admin/analytics?from={first}&to={after}"
    api("GET", path, expected=403)
    print("  ✔ a customer may not see them")

    def counted() -> Any:
        answer = api("GET", path, caller=ADMIN)
        return answer if (answer["revenue"]["gross"], answer["revenue"]["refunded"]) == (gross, refunded) else None

    answer = wait("all of it is counted", PATIENCE, counted)
    revenue, failures, running = answer["revenue"], answer["failures"], answer["subscriptions"]
    for name in ("revenue", "payments", "failures", "recovery", "refunds", "subscriptions"):
        lists = {key: value for key, value in answer[name].items() if not isinstance(value, list)}
        show(name, "\n".join(f"{key:<20} {json.dumps(value)}" for key, value in lists.items()))
    check(revenue["net"] == gross - refunded, f"{gross} collected less {refunded} given back is {revenue['net']} {answer['currency']}")
    check(sum(day["amount"] for day in revenue["by_day"]) == sum(plan["amount"] for plan in revenue["by_plan"]) == gross,
          "by day and by plan it is the same")  # fmt: skip
    check(failures["count"] == 4 and answer["recovery"]["recovered"] == 1, "four attempts failed, and the payment came after all")
    check((running["active"], running["customers"]) == (1, 1), f"one customer is active and brings {running['mrr']} a month")
    behind = api("GET", answer["behind"]["revenue.gross"].removeprefix("/api/payment") + "&limit=200", caller=ADMIN)["data"]
    check({payment["id"] for payment in behind} == {payment["id"] for payment in collected}, "behind them are the payments of the history")
    totals = call("GET", f"{SANDBOX}/_sandbox/ledger")[1]["totals"]
    check((totals["collected"], totals["refunded"]) == (gross, refunded), "Stripe's ledger says the same")
    state = api("GET", "/admin/system", caller=ADMIN)
    check(state["incomplete"] == [] and len(state["services"]) == 5, "every service tells how it stands")
    show("GET /admin/system, alerts", "\n".join(f"{alert['service']} {alert['code']}: {alert['what_to_do']}" for alert in state["alerts"]) or "none")


def proven_up_to(time: str) -> Any:
    """The verdict, once every entry up to that time is in a seal. Each look is an entry, too."""
    verdict = api("GET", "/admin/audit/verify", caller=ADMIN)
    sealed = all(part.get("unsealed_since", "now")[:23] > time[:23] for part in verdict["services"])
    return verdict if verdict["valid"] and sealed else None


def became(entry: Any) -> str:
    before, after = entry.get("before", {}), entry.get("after", {})
    names = [name for name in ("status", "wanted", "outcome", "kind") if name in after]
    return ", ".join(f"{before[name]} → {after[name]}" if name in before else str(after[name]) for name in names)


def trail() -> None:
    title("Who did what: the trail of this story, over all services")
    api("GET", "/admin/audit", expected=403)
    print("  ✔ a customer may not see it")
    entries, cursor = [], ""
    while cursor is not None:
        page = api("GET", f"/admin/audit?limit=200&user_id={USER}{cursor}", caller=ADMIN)
        check(page["incomplete"] == [], "every service has told its part")
        entries += page["data"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    told = {"customer.linked", "checkout_session.opened", "subscription.changed", "payment.recorded", "payment.changed",
            "payment_attempt.recorded", "decision.hold", "decision.stop", "vm_command.ordered", "vm_command.reported", "refund_request.made",
            "refund_request.approved", "refund.reserved", "refund.changed", "refund.heard"}  # fmt: skip
    show(f"GET /admin/audit?user_id={USER}", "\n".join(
        f"{entry['at'][11:23]}  {entry['service']:<11} {entry['actor']['kind']:<6} {entry['action']:<24} {entry['object']['id']:<36} {became(entry)}"
        for entry in reversed(entries) if entry["action"] in told))  # fmt: skip
    check(told <= {entry["action"] for entry in entries}, f"{len(entries)} entries, from the first click to the last report")
    click = next(entry for entry in entries if entry["action"] == "checkout_session.opened")
    check(click["actor"] == {"kind": "user", "id": USER} and click["personal"]["address"], f"the click came from {click['personal']['address']}")
    verdict = wait("every trail is sealed and proven", PATIENCE, lambda: proven_up_to(entries[0]["at"]))
    show("GET /admin/audit/verify", "\n".join(f"{part['service']:<11} {part['proven']} seals proven" for part in verdict["services"]))
    print("  ✔ nothing was removed, edited, inserted or reordered, and no end was cut off")


def main() -> None:
    customer = sign_up()
    title("The VM may run")
    generation = command("vm.restore.v1", 0)
    title("The card goes bad before the renewal")
    show(f"POST /_sandbox/customers/{customer}/card", sandbox(f"/customers/{customer}/card", {"card": BAD_CARD}))
    for number in (1, 2, 3):
        kept(number)
    failed_attempt(4)
    title("The final attempt has failed: the VM is stopped, after a fresh look at Stripe")
    generation = command("vm.shutdown.v1", generation)
    show("enforcement.decisions", database.table(
        f"SELECT stripe_event_id, user_id, outcome FROM enforcement.decisions WHERE user_id = '{USER}' AND outcome <> 'keep'"))  # fmt: skip
    show("GET /subscription-status", api("GET", "/subscription-status"))
    pay_open_invoice(customer)
    title("Payment is back: the VM may run again")
    command("vm.restore.v1", generation)
    wait("the subscription is active and entitled again", PATIENCE, active_and_entitled)
    statuses = [payment["status"] for payment in api("GET", "/payment-history")["data"]]
    check(statuses == ["succeeded", "succeeded"], "payment-history: two payments, both succeeded")
    refund()
    account()
    timeline()
    balance()
    numbers()
    trail()
    print(f"\nThe whole story was shown in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        print(f"\n✘ {failure}", file=sys.stderr)
        sys.exit(1)
