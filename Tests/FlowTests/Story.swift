import Foundation
import Messages
import Models
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

/// The story that the whole system exists for, step by step, each with what proves it.
struct Story: Sendable {
    let user: String
    let system: RunningSystem
    /// Done between the second and the third failed attempt, and once more while a paid invoice is on its way: what must not change
    /// how the story ends.
    var disturbance: @Sendable () async throws -> Void = {}

    func play() async throws {
        let subscription = try await subscribe()
        try await system.atRest()
        try await #expect(system.commands() == ["vm.restore.v1 generation 1 because active"])

        try await renewalFails()
        try await #expect(system.commands() == ["vm.shutdown.v1 generation 2 because unpaid"])
        try await eventually("the customer is told") { try await system.isEntitled(user) == false }

        let invoice = try #require(await system.sandbox.account.subscriptions[subscription]?.latestInvoice)
        let paid = await system.sandbox.pay(invoice: invoice, with: try TestCard.find("4242424242424242"))
        #expect(paid == .paid)
        try await disturbance()
        try await system.atRest()
        try await #expect(system.commands() == ["vm.restore.v1 generation 3 because active"])
        try await eventually("the customer is told") { try await system.isEntitled(user) == true }
        try await moneyAgrees()
    }

    /// Buys the basic plan and comes back to the site, before or after the webhooks: both ways end in the same answer.
    private func subscribe() async throws -> String {
        let opened = try await system.checkout("POST", "create-checkout-session", as: user, body: ["plan_id": "basic"])
        #expect(opened.status == 200)
        let session = try #require(opened.json()["session_id"] as? String)
        let again = try await system.checkout("POST", "create-checkout-session", as: user, body: ["plan_id": "basic"])
        try #expect(again.json()["session_id"] as? String == session, "a second click gets the same session")
        let paid = await system.sandbox.pay(session: session, with: try TestCard.find("4000000000000341"))
        #expect(paid == .paid)
        let verified = try await system.checkout("POST", "verify-checkout-session", as: user, body: ["session_id": session])
        #expect(verified.status == 200)
        let answer = try verified.json()
        #expect(answer["status"] as? String == "complete")
        #expect((answer["payment"] as? [String: Any])?["status"] as? String == "succeeded")
        let subscription = try #require(answer["subscription"] as? [String: Any])
        #expect(subscription["status"] as? String == "active")
        #expect(subscription["plan_id"] as? String == "basic")
        #expect(subscription["entitled"] as? Bool == true)
        return try #require(subscription["id"] as? String)
    }

    /// Each of the first three failed attempts keeps the VM on, with a decision for its event; the fourth stops it.
    private func renewalFails() async throws {
        for attempt in 1...4 {
            let event = try await system.nextFailedAttempt()
            if attempt == 2 { try await disturbance() }
            try await system.atRest()
            let outcomes = try await system.value(
                "SELECT string_agg(outcome, ',' ORDER BY id) FROM enforcement.decisions WHERE stripe_event_id = \(event)")
            if attempt < 4 {
                #expect(outcomes == "keep", "after attempt \(attempt)")
                try await #expect(system.commands().isEmpty, "after attempt \(attempt)")
                try await #expect(system.isEntitled(user) == true, "after attempt \(attempt)")
            } else {
                #expect(outcomes?.hasSuffix("stop") == true, "held down first, perhaps for another event of the same moment")
            }
        }
        try await #expect(
            system.value("SELECT string_agg(failure_code, ',') FROM checkout.payment_attempts")
                == "card_declined,card_declined,card_declined,card_declined")
    }

    /// Two payments, both collected, and everybody who keeps payments has the same.
    private func moneyAgrees() async throws {
        let history = try await system.checkout("GET", "payment-history", as: user).json()
        let payments = try #require(history["data"] as? [[String: Any]])
        #expect(payments.map { $0["status"] as? String } == ["succeeded", "succeeded"])
        #expect(payments.map { $0["amount"] as? Int } == [1900, 1900])
        #expect(payments.map { $0["plan_id"] as? String } == ["basic", "basic"])
        let ours = try await system.value("SELECT string_agg(id || amount || status, ',' ORDER BY id) FROM checkout.payments")
        try await eventually("refund and analytics have the same payments") {
            let refund = try await system.value(
                """
                SELECT string_agg(payment_id || amount || status, ',' ORDER BY payment_id) FROM refund.refundable_payments
                WHERE merged_into IS NULL
                """)
            let analytics = try await system.value(
                "SELECT string_agg(payment_id || amount || status, ',' ORDER BY payment_id) FROM analytics.payments WHERE merged_into IS NULL"
            )
            return refund == ours && analytics == ours
        }
    }
}

extension RunningSystem {
    /// What has arrived for the VM controller since the last look, in order.
    func commands() async throws -> [String] {
        try await broker.takeMessages(from: Topology.vmControllerCommands.name).map { body in
            let event = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            let data = event?["data"] as? [String: Any]
            return "\(event?["type"] ?? "?") generation \(data?["generation"] ?? "?") because \(data?["reason"] ?? "?")"
        }
    }

    /// What the customer is told.
    func isEntitled(_ user: String) async throws -> Bool? {
        let answer = try await checkout("GET", "subscription-status", as: user).json()
        return (answer["subscription"] as? [String: Any])?["entitled"] as? Bool
    }

    /// Moves Stripe's clock until the next attempt to collect has failed; the event that says so.
    func nextFailedAttempt() async throws -> String {
        for _ in 0..<20 {
            let events = await sandbox.advanceToNext()
            if let failed = events.last(where: { $0.type == "invoice.payment_failed" }) { return failed.id }
        }
        throw NotInTime(description: "no attempt failed within 20 steps of the clock")
    }
}
