import Foundation
import HTTPTestKit
import Messages
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

/// Pages that were opened in two tabs, and both paid.
@Suite("Two tabs that both pay")
struct DuplicateTests {
    /// Two sessions open at once come of an answer that was lost and of a page that could not be expired. They are made here as checkout makes
    /// them, so that the second needs no luck.
    @Test("leave the one paid first, and give the other's money back once: 20 seeds", .database, .broker)
    func both() async throws {
        try await RunningSystem.run { system in
            for seed in 1...20 {
                let user = "user_\(seed)"
                await system.sandbox.setChaos(ChaosProfile())
                let (first, second) = try await system.twoTabs(of: user)
                await system.sandbox.setChaos(Self.weather(seed))
                let isSwapped = seed.isMultiple(of: 2)
                for session in isSwapped ? [second, first] : [first, second] {
                    let paid = await system.sandbox.pay(session: session, with: try TestCard.find("4242424242424242"))
                    #expect(paid == .paid)
                    // Stripe's clock counts seconds.
                    _ = await system.sandbox.advance(by: 1)
                }
            }
            try await settled(system)
            await system.sandbox.setChaos(ChaosProfile())
            try await system.atRest()
            for seed in 1...20 { try await check("user_\(seed)", keeps: seed.isMultiple(of: 2) ? "premium" : "basic", system) }
            try await #expect(
                system.value("SELECT count(*) FROM checkout.alerts WHERE code = 'subscription_duplicated'") == "20")
            try await leftAlone(system)
        }
    }

    private static func weather(_ seed: Int) -> ChaosProfile {
        ChaosProfile(
            seed: seed,
            rules: [
                .failedAfter: .init(trigger: .probability(0.1)), .failedBefore: .init(trigger: .probability(0.05)),
                .rateLimited: .init(trigger: .probability(0.05), amounts: ["retry_after": 0]),
                .duplicated: .init(trigger: .probability(0.3)), .delayed: .init(trigger: .probability(0.2), amounts: ["seconds": 1]),
            ])
    }

    private func settled(_ system: RunningSystem) async throws {
        try await worksOff("what was paid for twice") {
            try await system.value(
                """
                SELECT nullif(20 - count(*), 0) || ' are not given back' FROM refund.refunds WHERE reason = 'duplicate' AND status = 'succeeded'
                """)
        }
    }

    /// One subscription runs at Stripe, the one paid first; what was paid for the other has gone back once.
    private func check(_ user: String, keeps plan: String, _ system: RunningSystem) async throws {
        let account = await system.sandbox.account
        let theirs = account.subscriptions.all.filter { $0.metadata["user_id"] == user }
        #expect(theirs.count == 2)
        #expect(theirs.filter { !$0.hasEnded }.map { $0.metadata["plan_id"] } == [plan], "\(user)")
        try await #expect(system.shownSubscription(to: user) == "\(plan) active 0")
        let ended = try #require(theirs.first { $0.hasEnded })
        let charges = account.invoices.all.filter { $0.subscription == ended.id }.compactMap(\.paymentIntent)
        let refunds = account.refunds.all.filter { refund in
            charges.contains { account.paymentIntents[$0]?.charges.contains(refund.charge) == true }
        }
        #expect(refunds.map(\.amount) == [plan == "basic" ? 4900 : 1900], "\(user)")
        try await #expect(system.isEntitled(user) == true)
    }

    /// One that an admin made at Stripe for somebody who has one already.
    private func leftAlone(_ system: RunningSystem) async throws {
        let customer = try await system.subscription(of: "user_1").customer
        try await system.call("POST", "/v1/subscriptions", "customer=\(customer)&items[0][price]=price_basic")
        try await system.atRest()
        let running = await system.sandbox.account.subscriptions.all.filter { $0.customer == customer && !$0.hasEnded }
        #expect(running.count == 2)

        // Heard of too late for a rule: both were used meanwhile.
        let (first, second) = try await system.twoTabs(of: "user_late")
        await system.sandbox.pauseWebhooks(true)
        for session in [first, second] { _ = await system.sandbox.pay(session: session, with: try TestCard.find("4242424242424242")) }
        _ = await system.sandbox.advance(by: 2 * 86_400)
        await system.sandbox.pauseWebhooks(false)
        try await worksOff("somebody is told") {
            try await system.value(
                "SELECT 'nobody is' WHERE NOT EXISTS (SELECT FROM checkout.alerts WHERE detail LIKE 'It has run beside % for more than a day.')"
            )
        }
        try await system.atRest()
        let both = await system.sandbox.account.subscriptions.all.filter { $0.metadata["user_id"] == "user_late" && !$0.hasEnded }
        #expect(both.count == 2)
        try await #expect(system.value("SELECT count(*) FROM refund.refunds WHERE user_id = 'user_late'") == "0")
    }
}

extension RunningSystem {
    /// Two open pages of one user, for different plans: checkout's own, and one as it would have made it, had it not known of the first.
    func twoTabs(of user: String) async throws -> (first: String, second: String) {
        let opened = try await checkout("POST", "create-checkout-session", as: user, body: ["plan_id": "basic"])
        let first = try #require(try opened.text("session_id"))
        let account = await sandbox.account
        let session = try #require(account.sessions[first])
        let metadata = session.metadata.merging(["plan_id": "premium"]) { $1 }
        let marks = metadata.flatMap { ["metadata[\($0)]=\($1)", "subscription_data[metadata][\($0)]=\($1)"] }.joined(separator: "&")
        try await call(
            "POST", "/v1/checkout/sessions",
            "mode=subscription&customer=\(session.customer ?? "")&line_items[0][price]=price_premium&line_items[0][quantity]=1"
                + "&success_url=https://shop.example&\(marks)")
        let second = await sandbox.account.sessions.newestFirst.first { $0.id != first && $0.customer == session.customer }
        return (first, try #require(second).id)
    }
}
