import Foundation
import HTTPTestKit
import Messages
import Postgres
import Synchronization
import TestKit
import Testing

@testable import StripeSandbox

/// Stripe documents events that are never generated ("Webhooks", "Event delivery behaviors"), and a list of events cannot tell of them.
@Suite("Half of all events are never made")
struct LostEventsTests {
    @Test("and the passes over Stripe's lists bring everything to what Stripe says", .database, .broker)
    func healed() async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await RunningSystem.withAccount { sandbox, stripeURL in
            // No pass comes before all of it has happened: what is left then is what no event has told.
            let lost = try await Self.lost(on: sandbox, at: stripeURL)
            try #require(lost > 0)
            try await RunningSystem.run(on: sandbox, at: stripeURL, ["SWEEP_INTERVAL_SECONDS": "1"]) { system in
                try await Self.heals(system, lost: lost)
            }
        }
    }

    /// How many subscriptions checkout has otherwise than Stripe once every event that was made is applied.
    private static func lost(on sandbox: Sandbox, at stripeURL: String) async throws -> Int {
        let lost = Mutex(0)
        try await RunningSystem.run(on: sandbox, at: stripeURL, ["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
            await sandbox.setChaos(ChaosProfile(seed: 7, rules: [.neverMade: .init(trigger: .probability(0.5))]))
            let cards = ["4242424242424242", "4242424242424242", "4000000000000341"]
            for number in 1...9 { try await system.subscribe("user_\(number)", card: cards[number % 3]) }
            let ids = await sandbox.account.subscriptions.all.map(\.id)
            try await system.call("POST", "/v1/subscriptions/\(ids[0])", "cancel_at_period_end=true")
            try await system.call("DELETE", "/v1/subscriptions/\(ids[1])", "")
            _ = await sandbox.advance(by: 40 * 86_400)
            await sandbox.setChaos(ChaosProfile())
            try await system.atRest()
            let count = try await subscriptionDifferences(system).count
            lost.withLock { $0 = count }
        }
        return lost.withLock { $0 }
    }

    private static func heals(_ system: RunningSystem, lost: Int) async throws {
        try await worksOff("what differs from Stripe") { try await differences(system) }
        try await system.atRest()
        try await #expect(differences(system) == nil)
        // What has healed is told: to the trail, to admins, and to whoever counts.
        try await #expect(
            system.value("SELECT sum(repaired) FROM checkout.reconciliations WHERE scope = 'subscriptions'") == "\(lost)")
        let analytics = try #require(system.urls[.analytics])
        let answer = try await system.get("\(analytics)/api/payment/admin/reconciliation", as: "admin_1", isAdmin: true)
        let services = try answer.json()["services"] as? [[String: Any]]
        #expect(services?.contains { $0["service"] as? String == "checkout" && ($0["passes"] as? [Any])?.isEmpty == false } == true)
        try await worksOff("Stripe's totals") {
            let ours = try await system.value(
                "SELECT sum((total->>'count')::int) FROM analytics.stripe_totals, jsonb_array_elements(totals) AS total WHERE scope = 'subscriptions'"
            )
            return ours == "9" ? nil : ours ?? "none"
        }
        // Of every list: while totals differ, each pass compares them anew.
        try await worksOff("where our totals are others than Stripe's") {
            try await system.value(
                """
                SELECT string_agg(concat_ws(' ', total.scope, difference.status, stripe_amount, our_amount, stripe_count, our_count), ', ')
                FROM analytics.stripe_totals AS total FULL JOIN analytics.stripe_differences AS difference USING (service, scope)
                WHERE difference.scope IS NOT NULL OR total.compared_at IS NULL
                """)
        }
        try await #expect(system.value("SELECT count(*) FROM analytics.stripe_totals WHERE compared_at IS NOT NULL") == "4")
    }

    /// The subscriptions that checkout has otherwise than Stripe.
    private static func subscriptionDifferences(_ system: RunningSystem) async throws -> [String] {
        var different: [String] = []
        for subscription in await system.sandbox.account.subscriptions.all {
            let row = try await system.value(
                """
                SELECT concat_ws(' ', status, extract(epoch FROM current_period_end)::bigint, cancel_at_period_end)
                FROM checkout.subscriptions WHERE stripe_subscription_id = \(subscription.id)
                """)
            let theirs = "\(subscription.status.rawValue) \(subscription.periodEnd) \(subscription.cancelAtPeriodEnd ? "t" : "f")"
            if row != theirs { different.append("\(subscription.id): \(row ?? "none"), at Stripe \(theirs)") }
        }
        return different
    }

    /// The first thing that checkout has otherwise than Stripe.
    private static func differences(_ system: RunningSystem) async throws -> String? {
        if let different = try await subscriptionDifferences(system).first { return different }
        let account = await system.sandbox.account
        for invoice in account.invoices.all where invoice.status == .paid && invoice.amountPaid > 0 {
            let row = try await system.value(
                """
                SELECT string_agg(concat_ws(' ', status, amount, payment_method), ',') FROM checkout.payments
                WHERE stripe_invoice_id = \(invoice.id)
                """)
            if row != "succeeded \(invoice.amountPaid) card" { return "\(invoice.id): \(row ?? "none")" }
        }
        return nil
    }
}
