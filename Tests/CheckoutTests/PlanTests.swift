import Foundation
import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("Which plan a subscription is to")
struct PlanTests {
    private func subscription(
        _ prices: [PriceID], id: SubscriptionID = "sub_1", _ status: SubscriptionStatus = .active, age: TimeInterval = 0
    ) -> SubscriptionFacts {
        var facts = Said.subscription(id, status, age: age)
        facts.priceID = prices.first
        facts.otherPriceIDs = prices.count > 1 ? Array(prices.dropFirst()) : nil
        return facts
    }

    private func plan(_ bench: CheckoutBench) async throws -> String? { try await bench.value("SELECT plan_id FROM subscriptions") }

    @Test("is the plan of any of its items, and stays known when the price is not", .database)
    func anyItem() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.link()
            try await bench.apply(.subscription(subscription(["price_metered", "price_basic_old"])))
            try await #expect(plan(bench) == "basic")
            let later = CheckoutBench.time.addingTimeInterval(1)
            try await bench.apply(.subscription(subscription(["price_metered"])), created: later)
            try await #expect(plan(bench) == "basic")
            try await bench.apply(.subscription(subscription(["price_metered", "price_premium"])), created: later.addingTimeInterval(1))
            try await #expect(plan(bench) == "premium")
        }
    }

    @Test("an event that says the same of all items costs no read", .database)
    func same() async throws {
        try await CheckoutBench.run { bench, stub in
            try await bench.link()
            for _ in 1...2 {
                try await bench.hear(.subscription(subscription(["price_metered", "price_basic"])), "customer.subscription.updated")
            }
            #expect(stub.received.isEmpty)
        }
    }

    @Test("one to something else is not shown and keeps nobody from subscribing", .database)
    func otherProduct() async throws {
        try await CheckoutBench.run([Answered.session("cs_1")]) { bench, _ in
            try await bench.link()
            try await bench.apply(.subscription(subscription(["price_newsletter"])))
            let shown = try await SubscriptionAnswer.current(of: "user_1", .ofTests, in: bench.pool)
            #expect(shown == nil)
            let opened = try await bench.open(
                .init(user: "user_1", plan: .basic, successURL: "https://shop.example/a", cancelURL: "https://shop.example/b"))
            #expect(opened.sessionID == "cs_1")
        }
    }

    @Test("is known by the settings of today, too, where it was not when it was stored", .database)
    func learnedLater() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.link()
            try await bench.apply(.subscription(subscription(["price_future"])))
            let plans = try PlanCatalogue([.basic: ["price_basic"], .premium: ["price_premium", "price_future"]])
            let shown = try await SubscriptionAnswer.current(of: "user_1", plans, in: bench.pool)
            #expect(shown?.planID == .premium)
        }
    }

    @Test("of several the newest to a plan that has not ended is shown", .database)
    func newest() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.link()
            try await bench.apply(.subscription(subscription(["price_newsletter"], id: "sub_news", age: 0)))
            try await bench.apply(.subscription(subscription(["price_basic"], id: "sub_old", .canceled, age: 10)))
            try await bench.apply(.subscription(subscription(["price_premium"], id: "sub_plan", age: 20)))
            let shown = try await SubscriptionAnswer.current(of: "user_1", .ofTests, in: bench.pool)
            #expect(shown?.id == "sub_plan")
        }
    }
}
