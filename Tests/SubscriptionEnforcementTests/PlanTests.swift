import HTTPTestKit
import Logging
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("Only subscriptions to a plan run a VM")
struct PlanTests {
    private static func list(_ prices: String..., status: String = "active", openedFor plan: String? = nil) -> StripeStubAnswer {
        Answered.list(Answered.subscription(status, prices: prices, openedFor: plan))
    }

    private func alerts(_ bench: EnforcementBench, _ plans: PlanCatalogue) async throws -> String? {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        try await UnlistedPrices(outbox: bench.outbox, plans: plans, alerts: Alerts(pool: bench.pool, logger: logger))()
        return try await bench.value("SELECT string_agg(code || ' ' || subject, ',' ORDER BY subject) FROM alerts WHERE cleared_at IS NULL")
    }

    @Test("one to another product starts nothing", .database)
    func otherProduct() async throws {
        try await EnforcementBench.run([Self.list("price_newsletter")]) { bench, _ in
            try await bench.know()
            try await bench.look()
            try await #expect(bench.access() == "off 0")
            try await #expect(bench.value("SELECT count(*) FROM known_subscriptions") == "0")
        }
    }

    @Test("one to another product keeps nothing running that has ended", .database)
    func otherProductBeside() async throws {
        let both = Answered.list(
            Answered.subscription("active", id: "sub_news", prices: ["price_newsletter"]), Answered.subscription("canceled"))
        try await EnforcementBench.run([both, both]) { bench, _ in
            try await bench.know(.on, subscriptions: ["sub_1"])
            for _ in 1...2 { try await bench.look() }
            try await #expect(bench.access() == "off 2")
        }
    }

    @Test(
        "by any item, an older price, or what checkout opened it for", .database,
        arguments: [
            (["price_metered", "price_basic"], nil), (["price_basic_old"], nil), (["price_gone"], "premium"),
        ] as [([String], String?)])
    func known(prices: [String], plan: String?) async throws {
        try await EnforcementBench.run([Answered.list(Answered.subscription("active", prices: prices, openedFor: plan))]) { bench, _ in
            try await bench.know()
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            try await #expect(bench.value("SELECT plan_id FROM known_subscriptions") == plan ?? "basic")
        }
    }

    @Test("a price that goes missing from the settings stops nobody, and somebody is told until it is back", .database)
    func unlisted() async throws {
        let fewer = try PlanCatalogue([.basic: ["price_basic"], .premium: ["price_premium"]])
        try await EnforcementBench.run([Self.list("price_basic_old")]) { bench, _ in
            try await bench.know()
            try await bench.look()
            try await #expect(alerts(bench, .ofTests) == nil)
        }
        try await EnforcementBench.run(Array(repeating: Self.list("price_basic_old"), count: 3), plans: fewer) { bench, _ in
            for _ in 1...3 { try await bench.look() }
            try await #expect(bench.access() == "on 1")
            try await #expect(bench.value("SELECT plan_id FROM known_subscriptions") == "basic")
            try await #expect(alerts(bench, fewer) == "unlisted_price price_basic_old")
            try await #expect(alerts(bench, .ofTests) == nil)
        }
    }

    @Test("but nobody runs a VM on one that has ended", .database)
    func unlistedEnds() async throws {
        try await EnforcementBench.run(Array(repeating: Self.list("price_gone", status: "canceled"), count: 2)) { bench, _ in
            try await bench.know(.on)
            try await bench.pool.query(
                "INSERT INTO known_subscriptions (stripe_subscription_id, stripe_customer_id, plan_id) VALUES ('sub_1', 'cus_1', 'basic')")
            for _ in 1...2 { try await bench.look() }
            try await #expect(bench.access() == "off 2")
            try await #expect(alerts(bench, .ofTests) == nil, "an ended one needs no price")
        }
    }

    @Test("one that let a VM run before plans were looked at still does, whatever its price", .database)
    func before() async throws {
        let database = try #require(TestDatabase.current)
        let old = try await database.owner(of: "enforcement", after: enforcementSchema.migrations.prefix { $0.name != "V0002_plans" })
        try await old.query(
            "INSERT INTO known_subscriptions (stripe_subscription_id, stripe_customer_id) VALUES ('sub_1', 'cus_1'), ('sub_2', 'cus_1')")
        try await old.query(
            """
            INSERT INTO vm_commands (command_id, user_id, generation, kind, reason, stripe_subscription_id)
            VALUES ('c-1', 'user_1', 1, 'vm.restore.v1', 'active', 'sub_1'), ('c-2', 'user_1', 2, 'vm.shutdown.v1', 'unpaid', 'sub_2')
            """)
        try await EnforcementBench.run([Self.list("price_gone")]) { bench, _ in
            try await #expect(
                bench.value("SELECT string_agg(stripe_subscription_id, ',') FROM known_subscriptions WHERE entitled") == "sub_1")
            try await bench.know(.on)
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            try await #expect(alerts(bench, .ofTests) == "unlisted_price price_gone")
        }
    }
}
