import Foundation

/// Lives that real accounts have and the sandbox has not: written by hand in both shapes, each with the source of how it must end.
enum ReportedLife {
    private static let start = 1_767_261_600

    static func all(version: String) throws -> [EventSequence] {
        try [
            changedMind(version), delayed(version), turned(version, from: "lost", to: "won"), turned(version, from: "won", to: "lost"),
            another(version),
        ]
    }

    /// A customer whose card is declined pays by another method, in their own currency (Stripe's documentation, "Dynamic payment methods" and
    /// "Adaptive Pricing"): what was collected is what the charge that succeeded says.
    private static func changedMind(_ version: String) throws -> EventSequence {
        try oneTime(
            "changes its mind", version, paid: "paid",
            [
                charge("ch_abcdefghijk1", "failed", 1900, "usd", "card", at: 10),
                intent("requires_payment_method", 1900, "usd", "ch_abcdefghijk1", at: 10),
                charge("ch_abcdefghijk2", "succeeded", 1799, "eur", "link", at: 90),
                intent("succeeded", 1799, "eur", "ch_abcdefghijk2", at: 91),
            ],
            SequenceEnd(paid: 1799, payments: ["1799 eur link succeeded"], session: "complete", paymentStatus: "paid"))
    }

    /// A bank debit that does not come: the session stays complete and unpaid for ever (Stripe's documentation, "Fulfill orders").
    private static func delayed(_ version: String) throws -> EventSequence {
        try oneTime(
            "does not come", version, paid: "unpaid",
            [
                charge("ch_abcdefghijk1", "pending", 1900, "eur", "sepa_debit", at: 10),
                intent("processing", 1900, "eur", "ch_abcdefghijk1", at: 10),
                charge("ch_abcdefghijk1", "failed", 1900, "eur", "sepa_debit", at: 400_000),
                intent("requires_payment_method", 1900, "eur", "ch_abcdefghijk1", at: 400_000),
                event("checkout.session.async_payment_failed", session("unpaid"), at: 400_001),
            ],
            SequenceEnd(paid: 0, payments: ["1900 eur sepa_debit failed"], session: "complete", paymentStatus: "failed"))
    }

    /// Verdicts turn, both ways: of 127,000 disputes a large seller saw 727 go from won to lost and 178 from lost to won (reported publicly).
    private static func turned(_ version: String, from first: String, to second: String) throws -> EventSequence {
        var life = try SandboxLife.disputed("is \(first), then \(second)", version, paid: 1900, ends: second)
        try life.appendDispute("charge.dispute.closed", after: 100) { $0["status"] = first }
        try life.appendDispute("charge.dispute.closed", after: 86_400) { $0["status"] = second }
        return life
    }

    /// Under one status a bank may ask for less, and earlier; `due_by` 0 is no deadline (Stripe's API reference, "The Dispute object").
    private static func another(_ version: String) throws -> EventSequence {
        var life = try SandboxLife.disputed("is about less", version, paid: 1900, ends: "lost")
        try life.appendDispute("charge.dispute.updated", after: 100) { dispute in
            dispute["amount"] = 1500
            dispute["evidence_details"] = ["due_by": 0, "has_evidence": false, "past_due": false, "submission_count": 0]
        }
        life.end.disputed = 1500
        life.end.evidenceUntil = 0
        return life
    }

    // MARK: Events

    /// A session in payment mode with its intent's events, given as type, object and time.
    private static func oneTime(
        _ name: String, _ version: String, paid: String, _ events: [[String: Any]], _ end: SequenceEnd
    ) throws -> EventSequence {
        let customer: [String: Any] = [
            "id": "cus_abcdefghijkl", "object": "customer", "created": start, "livemode": false, "metadata": ["user_id": "reported"],
        ]
        let all = [event("customer.created", customer, at: 0)] + events + [event("checkout.session.completed", session(paid), at: 12)]
        let data = try all.sorted { $0["created"] as? Int ?? 0 < $1["created"] as? Int ?? 0 }.enumerated().map { number, event in
            try JSONSerialization.data(
                withJSONObject: event.merging(["id": "evt_abcdefghij\(number)", "api_version": version]) { $1 })
        }
        return EventSequence(name: "\(name) (\(version))", events: data, user: "reported", price: nil, end: end)
    }

    private static func event(_ type: String, _ object: [String: Any], at time: Int) -> [String: Any] {
        [
            "object": "event", "type": type, "created": start + time, "livemode": false, "pending_webhooks": 1, "data": ["object": object],
            "request": NSNull(),
        ]
    }

    private static func session(_ paid: String) -> [String: Any] {
        [
            "id": "cs_test_abcdefghijkl", "object": "checkout.session", "livemode": false, "mode": "payment", "status": "complete",
            "payment_status": paid, "customer": "cus_abcdefghijkl", "client_reference_id": "reported", "payment_intent": "pi_abcdefghijkl",
            "invoice": NSNull(), "subscription": NSNull(), "metadata": ["user_id": "reported"], "url": NSNull(),
        ]
    }

    private static func charge(
        _ id: String, _ status: String, _ amount: Int, _ currency: String, _ method: String, at time: Int
    ) -> [String: Any] {
        let failure: Any = status == "failed" ? "card_declined" : NSNull()
        return event(
            "charge.\(status)",
            [
                "id": id, "object": "charge", "livemode": false, "customer": "cus_abcdefghijkl", "payment_intent": "pi_abcdefghijkl",
                "status": status, "amount": amount, "amount_captured": status == "succeeded" ? amount : 0, "captured": status != "failed",
                "currency": currency, "payment_method_details": ["type": method], "failure_code": failure, "created": start + 10,
                "metadata": [String: String](), "invoice": NSNull(),
            ], at: time)
    }

    private static func intent(_ status: String, _ amount: Int, _ currency: String, _ charge: String, at time: Int) -> [String: Any] {
        let hasFailed = status == "requires_payment_method"
        let error: Any =
            hasFailed ? ["code": "card_declined", "charge": charge, "payment_method": ["id": "pm_1", "type": "card"]] : NSNull()
        let type = hasFailed ? "payment_failed" : status
        return event(
            "payment_intent.\(type)",
            [
                "id": "pi_abcdefghijkl", "object": "payment_intent", "livemode": false, "customer": "cus_abcdefghijkl", "status": status,
                "amount": amount, "amount_received": status == "succeeded" ? amount : 0, "currency": currency, "latest_charge": charge,
                "payment_method_types": ["card", "link", "sepa_debit"], "last_payment_error": error, "created": start,
                "metadata": [String: String](), "invoice": NSNull(),
            ], at: time)
    }
}

extension EventSequence {
    /// Adds an event that tells more of the dispute that the last such event told of.
    fileprivate mutating func appendDispute(_ type: String, after seconds: Int, _ edit: (inout [String: Any]) -> Void) throws {
        let decoded = try events.map { try JSONSerialization.jsonObject(with: $0) as? [String: Any] ?? [:] }
        guard var event = decoded.last(where: { ($0["type"] as? String ?? "").hasPrefix("charge.dispute.") }),
            var dispute = (event["data"] as? [String: Any])?["object"] as? [String: Any]
        else { return }
        edit(&dispute)
        event["id"] = "evt_appended\(events.count)x"
        event["type"] = type
        event["created"] = (decoded.last?["created"] as? Int ?? 0) + seconds
        event["data"] = ["object": dispute]
        events.append(try JSONSerialization.data(withJSONObject: event))
    }
}
