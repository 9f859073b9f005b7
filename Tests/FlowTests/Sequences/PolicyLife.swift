import Foundation

/// Customers who have signed up, and what Stripe says of their subscription afterwards: one for each row of the table "Access policy" of the
/// design, in either shape.
struct PolicyLife: Sendable {
    /// What the row is called.
    var row: String
    /// The sign-up, and then what changed.
    var signUp: [RecordedEvent]
    var change: [RecordedEvent]
    /// What Stripe knows beside the objects in events.
    var truth: [RecordedEvent]
    var user: String
    /// The commands that the change leads to, as kind and reason.
    var commands: [String]
    /// Whether the sign-up came to a first payment, and so to a VM.
    var isPaid = true

    /// The same life of a customer whose first payment was never made.
    var unpaid: PolicyLife {
        var life = self
        life.isPaid = false
        life.signUp = signUp.filter { $0.kind == "customer" }
        return life
    }

    /// What a row changes; edited in the new shape's and the old shape's words alike.
    struct Draft {
        fileprivate var subscription: [String: Any]
        fileprivate var invoice: [String: Any]
        fileprivate var events: [(type: String, object: [String: Any], at: Int)] = []
        fileprivate var truth: [[String: Any]] = []
        fileprivate let isOld: Bool
        let now: Int

        static let day = 86_400

        /// The subscription from now on.
        mutating func subscription(_ status: String, _ members: [String: Any] = [:], type: String = "updated") {
            subscription["status"] = status
            subscription.merge(members) { $1 }
            events.append(("customer.subscription.\(type)", subscription, now))
        }

        /// A further invoice of the subscription, told of by an event of its failure where `failed` says how long ago that was.
        mutating func invoice(
            _ name: String, _ status: String, attempts: Int = 0, next: Int? = nil, failed: Int? = nil, inFlight: Int? = nil,
            _ members: [String: Any] = [:]
        ) {
            var bill = invoice
            bill["id"] = "in_abcdefghij\(name)"
            bill.merge([
                "status": status, "attempt_count": attempts, "next_payment_attempt": next ?? NSNull(), "amount_paid": 0, "created": now,
                "billing_reason": "subscription_cycle", "status_transitions": ["paid_at": NSNull()],
            ]) { $1 }
            if isOld {
                bill["paid"] = false
                bill["payment_intent"] = NSNull()
                bill["charge"] = NSNull()
            }
            bill.merge(members) { $1 }
            if let inFlight { pay(&bill, name, since: inFlight) }
            subscription["latest_invoice"] = bill["id"]
            truth.append(bill)
            if let failed { events.append(("invoice.payment_failed", bill, failed)) }
        }

        /// An intent whose charge the bank has not answered since then.
        private mutating func pay(_ bill: inout [String: Any], _ name: String, since: Int) {
            let intent = "pi_abcdefghij\(name)"
            truth.append([
                "id": intent, "object": "payment_intent", "livemode": false, "status": "processing", "amount": 1900, "currency": "usd",
                "created": since, "customer": subscription["customer"] ?? "",
                "latest_charge": ["id": "ch_abcdefghij\(name)", "object": "charge", "status": "pending", "created": since],
            ])
            if isOld {
                bill["payment_intent"] = intent
                return
            }
            truth.append([
                "id": "inpay_abcdefghij\(name)", "object": "invoice_payment", "livemode": false, "invoice": bill["id"] ?? "",
                "status": "open", "currency": "usd", "created": since, "payment": ["type": "payment_intent", "payment_intent": intent],
            ])
        }

        /// Stripe knows the customer no more.
        mutating func deleteCustomer() {
            let gone: [String: Any] = ["id": subscription["customer"] ?? "", "object": "customer", "deleted": true]
            truth.append(gone)
            events.append(("customer.deleted", gone.merging(["livemode": false]) { $1 }, now))
        }

        /// Another subscription of the same customer.
        mutating func another(_ status: String) {
            var other = subscription
            other["id"] = "sub_abcdefghijother"
            other["status"] = status
            other["created"] = now
            events.append(("customer.subscription.created", other, now))
        }
    }

    /// The life of a customer of this row; `now` is the time that the test runs at.
    static func make(
        _ row: String, _ version: String, now: Int, commands: [String], _ edit: (inout Draft) -> Void
    ) throws -> PolicyLife {
        var signUp = try SandboxLife.signUp(version: version)
        signUp.name = row
        let prototype = try signUp.prototype(now: now - 60)
        let objects = try prototype.events.map { try JSONSerialization.jsonObject(with: Data($0.object.utf8)) as? [String: Any] ?? [:] }
        let subscription = objects.last { $0["object"] as? String == "subscription" } ?? [:]
        let invoice = objects.last { $0["object"] as? String == "invoice" } ?? [:]
        var draft = Draft(subscription: subscription, invoice: invoice, isOld: version < "2025-03-31", now: now)
        edit(&draft)
        let mark = row.filter { $0.isLetter || $0.isNumber }
        let copy = prototype.copy(mark)
        func recorded(_ object: [String: Any], _ type: String, at time: Int, _ number: Int) throws -> RecordedEvent {
            var event = try RecordedEvent([
                "id": "evt_policy\(number)\(mark)", "object": "event", "type": type, "created": time, "livemode": false,
                "api_version": version, "pending_webhooks": 1, "request": NSNull(), "data": ["object": object],
            ])
            event.rename { $0.replacing("xMARKx", with: mark).replacing("_abcdefghij", with: "_\(mark)") }
            return event
        }
        var change = try draft.events.enumerated().map { number, event in
            try recorded(event.object, event.type, at: event.at, number)
        }
        // Events are posted; what only Stripe knows is not listed as one.
        let truth = try draft.truth.enumerated().map { number, object in
            var hidden = try recorded(object, "truth", at: now, 100 + number)
            hidden.isListed = false
            return hidden
        }
        change.sort { $0.created < $1.created }
        return PolicyLife(row: row, signUp: copy.events, change: change, truth: truth, user: copy.user, commands: commands)
    }
}
