import Foundation
import HTTPTestKit
import Logging
import Messages
import Messaging
import Postgres
import TestKit
import Testing

@testable import Checkout
@testable import StripeSandbox

@Suite("The way back for everybody")
struct WayBackTests {
    @Test("unpaid, paused, incomplete, ended; and no money without a VM that nobody knows of", .database, .broker)
    func waysBack() async throws {
        try await RunningSystem.run(["OFFER_TRIAL_DAYS": "7", "OFFER_PROMOTION_CODES": "on"]) { system in
            try await unpaid(system)
            try await paused(system)
            try await incomplete(system)
            try await late(system)
            try await discounted(system)
        }
    }

    /// Stripe's documentation, "How subscriptions work": an unpaid subscription is judged by its most recent invoice that is not void, a draft too;
    /// twentyhq/twenty pull request 18770.
    private func unpaid(_ system: RunningSystem) async throws {
        try await system.subscribe("user_1", card: "4000000000000341")
        try await #expect(system.subscription(of: "user_1").status == .trialing, "the offer's trial")
        try await system.advance(until: .unpaid, of: "user_1")
        _ = await system.sandbox.advance(by: 40 * 86_400)
        try await system.atRest()
        try await #expect(system.isEntitled("user_1") == false)
        let invoices = try await system.invoices(of: "user_1")
        #expect(invoices.filter { $0.hasPrefix("open") }.count == 1 && invoices.contains { $0.hasPrefix("draft") }, "\(invoices)")
        try await #expect(
            system.checkout("POST", "create-checkout-session", as: "user_1", body: ["plan_id": "basic"]).refusal()
                == "409 unpaid_subscription")
        let problem = try await system.checkout("GET", "subscription-status", as: "user_1")
        #expect(try problem.text("subscription", "payment_problem", "hosted_invoice_url")?.hasPrefix("http") == true)

        let open = try #require(await system.sandbox.account.invoices.all.first { $0.status == .open }?.id)
        let began = ContinuousClock.now
        let paid = await system.sandbox.pay(invoice: open, with: try TestCard.find("4242424242424242"))
        #expect(paid == .paid)
        try await eventually("the VM is back") { try await system.isEntitled("user_1") == true }
        #expect(ContinuousClock.now - began < .seconds(60))
        try await system.atRest()
        try await #expect(system.shownSubscription(to: "user_1") == "basic active 0")
        let left = try await system.invoices(of: "user_1")
        #expect(left.allSatisfy { $0.hasPrefix("paid") || $0.hasPrefix("void") }, "\(left)")
        try await #expect(system.commands().last?.hasPrefix("vm.restore.v1") == true)
    }

    /// A trial that ended without a method pauses by choice of the account (Stripe's documentation, "Use trial periods").
    private func paused(_ system: RunningSystem) async throws {
        try await system.subscribe("user_2")
        let subscription = try await system.subscription(of: "user_2").id
        try await system.sandbox.act { account throws(APIError) in account.pause(subscription: subscription) }
        try await system.atRest()
        try await #expect(system.isEntitled("user_2") == false)
        try await #expect(system.account("reactivate-subscription", as: "user_2").text("subscription", "status") == "active")
        try await system.atRest()
        try await #expect(system.isEntitled("user_2") == true)
    }

    /// A first payment that was never made is given up before another page is opened, and cannot be paid any more.
    private func incomplete(_ system: RunningSystem) async throws {
        try await system.subscribe("user_3")
        try await system.atRest()
        try await system.call("DELETE", "/v1/subscriptions/\(system.subscription(of: "user_3").id)", "")
        let customer = try await system.subscription(of: "user_3").customer
        try await system.use(card: "4000002760003184", of: "user_3")
        try await system.call(
            "POST", "/v1/subscriptions",
            "customer=\(customer)&items[0][price]=price_basic&payment_behavior=default_incomplete&metadata[user_id]=user_3")
        try await system.atRest()
        try await #expect(system.subscription(of: "user_3").status == .incomplete)
        let invoice = try #require(await system.subscription(of: "user_3").latestInvoice)
        let opened = try await system.checkout("POST", "create-checkout-session", as: "user_3", body: ["plan_id": "basic"])
        #expect(opened.status == 200, "\(String(decoding: opened.body, as: UTF8.self))")
        let paid = await system.sandbox.pay(invoice: invoice, with: try TestCard.find("4242424242424242"))
        #expect(paid == .closed, "two charges cannot come of it")
        try await #expect(system.subscription(of: "user_3").hasEnded)
    }

    /// A page that was open when its subscription was ended at Stripe, and that its customer pays all the same.
    private func late(_ system: RunningSystem) async throws {
        try await system.subscribe("user_4", card: "4000000000000341")
        try await system.advance(until: .pastDue, of: "user_4")
        let subscription = try await system.subscription(of: "user_4").id
        let open = try #require(
            await system.sandbox.account.invoices.all.first { $0.subscription == subscription && $0.status == .open }?.id)
        try await system.call("DELETE", "/v1/subscriptions/\(subscription)", "")
        _ = await system.sandbox.advance(by: 60)
        _ = await system.sandbox.pay(invoice: open, with: try TestCard.find("4242424242424242"))
        try await system.atRest()
        let now = Date(timeIntervalSince1970: Double(await system.sandbox.account.now))
        try await watch(system, now)
        let payment = try #require(
            try await system.value("SELECT id FROM checkout.payments WHERE user_id = 'user_4' AND status = 'succeeded' AND amount > 0"))
        try await #expect(orphans(system) == payment)
        #expect(try await system.process(#"{"payment_id": "\#(payment)", "admin_reason": "too late"}"#, key: "late").status == 200)
        try await system.atRest()
        try await watch(system, now)
        try await #expect(orphans(system) == nil)
    }

    /// A code that is entered on the page takes a quarter off each period, which is told to whoever counts.
    private func discounted(_ system: RunningSystem) async throws {
        try await system.call("POST", "/v1/coupons", "id=QUARTER&percent_off=25&duration=forever")
        try await system.subscribe("user_5")
        let subscription = try await system.subscription(of: "user_5").id
        try await system.call("POST", "/v1/subscriptions/\(subscription)", "discounts[0][coupon]=QUARTER")
        try await system.atRest()
        try await #expect(
            system.value(
                "SELECT amount || ' ' || (discount->>'percent_off') FROM analytics.subscriptions WHERE stripe_subscription_id = \(subscription)"
            )
                == "1900 25")
    }

    private func orphans(_ system: RunningSystem) async throws -> String? {
        try await system.value("SELECT string_agg(subject, ',') FROM checkout.alerts WHERE code = 'orphan_money' AND cleared_at IS NULL")
    }

    /// A turn of the watch, which has one a minute.
    private func watch(_ system: RunningSystem, _ now: Date) async throws {
        let pool = try system.database.pool(role: "checkout")
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        try await WatchOrphanMoney(pool: pool, alerts: Alerts(pool: pool, logger: logger), bound: .seconds(1800), now: { now })()
    }
}
