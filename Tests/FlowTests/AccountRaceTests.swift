import Foundation
import HTTPTestKit
import Messages
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

/// Each changing call of a customer, fifty times at once over two replicas, whatever Stripe and its network make of it.
@Suite("Fifty clicks of one customer, over two replicas, on a bad day at Stripe")
struct AccountRaceTests {
    private static func badDay(_ seed: Int) -> ChaosProfile {
        ChaosProfile(
            seed: seed,
            rules: [
                .failedAfter: .init(trigger: .probability(0.1)), .failedBefore: .init(trigger: .probability(0.05)),
                .timedOut: .init(trigger: .probability(0.03), amounts: ["seconds": 0.2]),
                .rateLimited: .init(trigger: .probability(0.05), amounts: ["retry_after": 0]),
                .cutOff: .init(trigger: .probability(0.05)), .duplicated: .init(trigger: .probability(0.2)),
            ])
    }

    /// A call, what of it can be refused, and what Stripe has when all is known.
    private struct Click: Sendable {
        var call: String
        var json = "{}"
        var refusals: Set<String>
        var shown: String
        var changes: Int
    }

    private static let clicks = [
        Click(call: "cancel-subscription", refusals: ["409 already_canceled"], shown: "basic active 1", changes: 1),
        Click(
            call: "reactivate-subscription", refusals: ["409 not_scheduled_for_cancellation"], shown: "basic active 0", changes: 2),
        Click(
            call: "change-plan", json: #"{"plan_id": "premium"}"#, refusals: ["409 same_plan plan_id"], shown: "premium active 0",
            changes: 3),
        Click(
            call: "cancel-subscription", json: #"{"at_period_end": false}"#, refusals: ["409 already_canceled"],
            shown: "premium canceled 0", changes: 4),
    ]

    @Test("have one effect each, and clear answers", .database, .broker)
    func fifty() async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "3600", "CUSTOMER_CALLS_PER_MINUTE": "1000"]) { system in
            try await system.replica(of: .checkout) { other in
                try await signUp(system, [system.checkout, other])
                for (seed, click) in Self.clicks.enumerated() {
                    await system.sandbox.setChaos(Self.badDay(seed))
                    let answers = try await system.fifty { number in
                        try await system.account(click.call, click.json, as: "user_1", at: [system.checkout, other][number % 2])
                    }
                    await system.sandbox.setChaos(ChaosProfile())
                    let told = Set(try answers.map { try $0.refusal() })
                    // Some may learn only later what became of it; none gets an error of ours.
                    #expect(
                        told.subtracting(click.refusals).isSubset(of: ["200", "503 outcome_unknown", "503 busy", "503 stripe_unavailable"]),
                        "\(told)")
                    try await worksOff("what was ordered by \(click.call)") {
                        try await system.value(
                            "SELECT string_agg(kind || ' ' || tries, ',') FROM checkout.subscription_changes WHERE status = 'asking'")
                    }
                    try await system.atRest()
                    try await #expect(system.shownSubscription(to: "user_1") == click.shown)
                    try await #expect(system.value("SELECT count(*) FROM checkout.subscription_changes") == "\(click.changes)")
                }
                // One sign-up and one change: nothing was charged twice.
                let invoices = try await system.invoices(of: "user_1")
                #expect(invoices.count == 2 && invoices.allSatisfy { $0.hasPrefix("paid") }, "\(invoices)")
            }
        }
    }

    /// Fifty clicks on the plan are one customer and one page, whatever Stripe makes of the requests; it is paid once.
    private func signUp(_ system: RunningSystem, _ urls: [String]) async throws {
        await system.sandbox.setChaos(Self.badDay(9))
        let answers = try await system.fifty { number in
            try await system.account("create-checkout-session", #"{"plan_id": "basic"}"#, as: "user_1", at: urls[number % 2])
        }
        await system.sandbox.setChaos(ChaosProfile())
        let told = Set(try answers.map { try $0.refusal() })
        #expect(told.isSubset(of: ["200", "503 busy", "503 stripe_unavailable", "504 stripe_timeout"]), "\(told)")
        let pages = Set(try answers.compactMap { try $0.text("session_id") })
        #expect(pages.count <= 1, "\(pages)")
        // Whoever was told of an outage clicks again, and gets the same.
        let again = try await system.account("create-checkout-session", #"{"plan_id": "basic"}"#, as: "user_1")
        let page = try #require(try again.text("session_id"))
        #expect(pages.isSubset(of: [page]))
        let paid = await system.sandbox.pay(session: page, with: try TestCard.find("4242424242424242"))
        #expect(paid == .paid)
        try await system.atRest()
        try await #expect(system.shownSubscription(to: "user_1") == "basic active 0")
        try await #expect(system.value("SELECT count(*) FROM checkout.customers WHERE user_id = 'user_1' AND deleted_at IS NULL") == "1")
        let opened = try await system.account("create-portal-session", as: "user_1")
        #expect(opened.status == 200)
    }
}
