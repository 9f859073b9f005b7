import Foundation
import Models
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Refunds, from the request to what everybody sees")
struct RefundFlowTests {
    @Test("a customer asks, an admin approves a part, and all agree on what happened", .database, .broker)
    func wholeStory() async throws {
        try await RunningSystem.run { system in
            let payment = try await system.paid(by: "user_1")
            let request = try await system.askForRefund(of: payment, as: "user_1")
            let dry = try await system.process(
                #"{"refund_request_id": "\#(request)", "decision": "approve", "amount": 950, "admin_reason": "half", "dry_run": true}"#)
            try #expect(dry.text("consequences", "amount_refunded") == "950")
            try #expect(dry.text("consequences", "payment_status") == "succeeded")
            #expect(await system.sandbox.account.refunds.ids.isEmpty, "nothing was done")
            let approved = try await system.process(
                #"{"refund_request_id": "\#(request)", "decision": "approve", "amount": 950, "admin_reason": "half"}"#)
            #expect(approved.status == 200)
            try #expect(approved.text("refund", "status") == "succeeded")
            try #expect(approved.text("refund_request", "status") == "succeeded")
            try #expect(approved.text("refund_request", "admin_user_id") == "admin_1")
            try await system.atRest()
            try await #expect(system.shown(to: "user_1") == "succeeded 950")
            let direct = try await system.process(#"{"payment_id": "\#(payment)", "admin_reason": "the rest"}"#, key: "k1")
            try #expect(direct.text("consequences", "payment_status") == "refunded")
            try await system.atRest()
            try await #expect(system.shown(to: "user_1") == "refunded 1900")
            try await #expect(
                system.value("SELECT string_agg(amount || ' ' || status, ',' ORDER BY refunded_at, amount) FROM analytics.refunds")
                    == "950 succeeded,950 succeeded")
            try await evidence(of: try #require(try approved.text("refund", "id")), in: system)
        }
    }

    /// The chain from the click of the customer to the event that confirmed it.
    private func evidence(of refund: String, in system: RunningSystem) async throws {
        try await system.allSealed()
        let answer = try await system.get("\(system.refund)/api/payment/admin/evidence/refund/\(refund)", as: "admin_1", isAdmin: true)
        let chain = try #require(try answer.json()["chain"] as? [[String: Any]])
        let told = chain.map { step in "\((step["actor"] as? [String: Any])?["id"] ?? "?") \(step["action"] ?? "?")" }
        #expect(told.prefix(3) == ["user_1 refund_request.made", "admin_1 refund.reserved", "admin_1 refund_request.approved"])
        #expect(told.contains("admin_1 refund.changed") && told.contains("admin_1 refund.answered"), "\(told)")
        #expect(told.contains("stripe refund.confirmed"), "\(told)")
        let events = try #require(try answer.json()["events"] as? [String])
        let signed = try await system.get("\(system.webhook)/api/payment/admin/evidence/event/\(events[0])", as: "admin_1", isAdmin: true)
        try #expect(signed.text("proof", "secret_fingerprint") != nil, "and from there to Stripe's signed bytes")
        #expect(chain.allSatisfy { $0["seal"] is Int }, "each lies in a seal")
    }

    /// Stripe repeats a 500 under its key for a day, whatever it has done, and then forgets the key: who asks under it once more asks anew (API
    /// reference, "Idempotent requests").
    @Test("a failure that Stripe repeats for a day, and then forgets, is one refund", .database, .broker)
    func repeated() async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
            for amount in [700, 1900] { try await isRepeated(amount, system) }
        }
    }

    private func isRepeated(_ amount: Int, _ system: RunningSystem) async throws {
        let user = "user_\(amount)"
        let payment = try await system.paid(by: user)
        // No event tells either.
        await system.sandbox.pauseWebhooks(true)
        await system.sandbox.setChaos(ChaosProfile(rules: [.failedAfter: .init(trigger: .probability(1))]))
        let request = try await system.askForRefund(of: payment, as: user, amount: amount)
        let approved = try await system.process(#"{"refund_request_id": "\#(request)", "decision": "approve", "admin_reason": "x"}"#)
        #expect(approved.status == 202)
        try #expect(approved.text("refund", "status") == "unknown")
        try #expect(approved.text("refund_request", "status") == "processing")
        await system.sandbox.advance(by: 90_000)
        await system.sandbox.setChaos(ChaosProfile())
        try await eventually("it is found") {
            try await system.value("SELECT status FROM refund.refunds WHERE user_id = \(user)") == "succeeded"
        }
        await system.sandbox.pauseWebhooks(false)
        try await system.atRest()
        try await #expect(system.refunded(to: user) == [amount])
        try await #expect(
            system.value("SELECT status || ' ' || amount FROM refund.refunds WHERE user_id = \(user)") == "succeeded \(amount)")
        try await #expect(system.value("SELECT status FROM refund.refund_requests WHERE user_id = \(user)") == "succeeded")
    }

    @Test("what was refunded in Stripe's dashboard appears, and what fails later is given back once", .database, .broker)
    func elsewhere() async throws {
        try await RunningSystem.run { system in
            let payment = try await system.paid(by: "user_1")
            let charge = try #require(await system.sandbox.account.charges.ids.first)
            try await system.call("POST", "/v1/refunds", "charge=\(charge)&amount=1500")
            try await system.atRest()
            try await #expect(system.shown(to: "user_1") == "succeeded 1500")
            try #expect(
                await system.process(#"{"payment_id": "\#(payment)", "amount": 401, "admin_reason": "x"}"#, key: "k").refusal()
                    == "422 amount_exceeds_refundable amount")
            let ours = try await system.process(#"{"payment_id": "\#(payment)", "amount": 400, "admin_reason": "x"}"#, key: "k2")
            try await system.atRest()
            try await #expect(system.shown(to: "user_1") == "refunded 1900")
            let made = try #require(try ours.text("refund", "stripe_refund_id"))
            let moved = try await system.sandbox.act { account throws(APIError) in
                account.move(refund: made, to: .failed, because: "expired_or_canceled_card")
            }
            #expect(moved)
            try await system.atRest()
            try await #expect(system.shown(to: "user_1") == "succeeded 1500")
            try await #expect(system.value("SELECT reserved || ' ' || elsewhere FROM refund.refundable_payments") == "0 1500")
            try await #expect(
                system.value("SELECT string_agg(code, ',') FROM refund.alerts WHERE cleared_at IS NULL") == "refund_failed")
        }
    }
}
