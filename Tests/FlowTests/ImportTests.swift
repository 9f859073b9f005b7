import Foundation
import HTTPTestKit
import Logging
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync
import TestKit
import Testing

@testable import Checkout
@testable import StripeSandbox

@Suite("A shop that comes with subscribers")
struct ImportTests {
    @Test("has them taken over once, however often and whatever happens meanwhile: 1,000", .database, .broker)
    func thousand() async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await RunningSystem.withAccount { sandbox, stripeURL in
            try await Self.fill(sandbox, 1000)
            try await RunningSystem.run(on: sandbox, at: stripeURL, ["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
                try await Self.importing(system) { act in
                    let dry = try await act(.metadata("shop_user"), isDryRun: true)
                    #expect(dry.linked == 1000 && dry.known == 0 && dry.refused.isEmpty)
                    #expect(dry.subscriptions == ["basic active": 900, "basic canceled": 100])
                    try await #expect(system.value("SELECT count(*) FROM checkout.customers") == "0", "nothing was changed")
                    async let first = act(.metadata("shop_user"), isDryRun: false)
                    async let second = act(.metadata("shop_user"), isDryRun: false)
                    try await Self.liveOn(sandbox)
                    let reports = try await [first, second]
                    #expect(reports.allSatisfy { $0.refused.isEmpty })
                    let again = try await act(.metadata("shop_user"), isDryRun: false)
                    #expect((again.linked, again.known) == (0, 1000))
                    #expect(again.importedSubscriptions == 0 && again.importedInvoices == 0, "\(again)")
                }
                try await system.atRest()
                try await Self.check(system)
            }
        }
    }

    @Test("has each page of a list counted once, whoever reads it: 20 at once", .database, .broker)
    func pages() async throws {
        try await #require(TestBroker.current).importTopology()
        try await RunningSystem.withAccount { sandbox, stripeURL in
            try await Self.fill(sandbox, 230)
            try await RunningSystem.run(on: sandbox, at: stripeURL, ["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
                try await Self.importing(system) { act in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<20 {
                            group.addTask { try await #expect(act.reconcile.subscriptions.whole().seen == 230) }
                        }
                        try await group.waitForAll()
                    }
                }
                // Beside them checkout makes passes of its own, which may be under way.
                let passes = try await system.database.observer.query(
                    """
                    SELECT concat_ws(' ', seen, (SELECT sum((total ->> 'count')::int) FROM jsonb_array_elements(totals) AS total),
                                     finished_at IS NOT NULL,
                                     (SELECT count(*) FROM checkout.audit_log
                                      WHERE action = 'reconciliation.finished' AND object_id = pass.id::text)) AS line
                    FROM checkout.reconciliations AS pass WHERE scope = 'import_subscriptions'
                    """
                ).map { try $0.get("line", as: String.self) }
                #expect(Set(passes) == ["230 230 t 1"], "\(passes)")
            }
        }
    }

    @Test("has its list read strictly, and what cannot be taken over named", .database, .broker)
    func list() async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await RunningSystem.withAccount { sandbox, stripeURL in
            try await Self.fill(sandbox, 3)
            let customers = await sandbox.account.customers.all.map(\.id)
            try await RunningSystem.run(on: sandbox, at: stripeURL, ["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
                try await Self.importing(system) { act in
                    let lines = [
                        "user_id,stripe_customer_id", "\"smith, \"\"j\"\"\",\(customers[0])", "user_b,\(customers[1])", "user_c,cus_none",
                    ]
                    let pairs = try ImportCommand.pairs(in: lines.joined(separator: "\r\n"))
                    #expect(pairs[0].user == "smith, \"j\"")
                    let report = try await act(.list(pairs), isDryRun: false)
                    #expect(report.linked == 2 && report.refused == ["cus_none: Stripe knows no such customer"])
                    let other = try await act(.list([.init(user: "user_x", customer: CustomerID(customers[1]))]), isDryRun: false)
                    #expect(other.refused == ["\(customers[1]): it is user_b already, not user_x"])
                }
                try await system.atRest()
                try await #expect(system.shownSubscription(to: "user_b") == "basic active 0")
            }
        }
        for text in ["", "user,customer\n", "user_id,stripe_customer_id\nuser_a", "user_id,stripe_customer_id\nuser_a,42"] {
            #expect(throws: ImportCommand.WrongUsage.self) { try ImportCommand.pairs(in: text) }
        }
    }

    /// Customers who subscribed before this system was there; every tenth has gone.
    private static func fill(_ sandbox: Sandbox, _ count: Int) async throws {
        try await sandbox.act { account throws(StripeSandbox.APIError) in
            for number in 1...count {
                let customer = account.makeCustomer(email: nil, metadata: ["shop_user": "user_\(number)"]).id
                _ = account.replaceCard(of: customer, with: try TestCard.find("4242424242424242"))
                try account.call("POST", "/v1/subscriptions", "customer=\(customer)&items[0][price]=price_basic")
                guard number.isMultiple(of: 10), let id = account.subscriptions.newestFirst.first(where: { _ in true })?.id else {
                    continue
                }
                account.end(subscription: id)
            }
        }
    }

    /// Things go on while they are taken over.
    private static func liveOn(_ sandbox: Sandbox) async throws {
        let running = await sandbox.account.subscriptions.all.filter { !$0.hasEnded }.prefix(50).map(\.id)
        for id in running {
            try await sandbox.act { account throws(StripeSandbox.APIError) in account.end(subscription: id) }
        }
    }

    private static func importing(
        _ system: RunningSystem, _ body: (ImportSubscribers) async throws -> Void
    ) async throws {
        let pool = try system.database.pool(role: "checkout")
        let logger = Logger(label: "import", factory: { _ in SwiftLogNoOpLogHandler() })
        let stripe = StripeClient(
            configuration: try StripeConfiguration(secretKey: "sk_test_flow", apiBase: system.stripeURL), logger: logger)
        let objects = ApplyStripeObject(
            pool: pool, stripe: stripe, plans: .ofTests, installation: Installation(pool: pool, setting: nil))
        let catchUp = CatchUp(outbox: Outbox(pool: pool, service: .checkout), objects: objects)
        let reconcile = Reconcile(catchUp: catchUp, alerts: Alerts(pool: pool, logger: logger), logger: logger, prefix: "import_")
        do {
            try await body(ImportSubscribers(catchUp: catchUp, reconcile: reconcile))
            await stripe.close()
        } catch {
            await stripe.close()
            throw error
        }
    }

    /// Each has one subscription and one payment, as at Stripe, and a VM while it runs.
    private static func check(_ system: RunningSystem) async throws {
        let account = await system.sandbox.account
        let running = account.subscriptions.all.filter { !$0.hasEnded }.count
        #expect(running == 850)
        try await #expect(
            system.value("SELECT count(*) || ' ' || count(*) FILTER (WHERE status = 'active') FROM checkout.subscriptions") == "1000 850")
        try await #expect(
            system.value(
                """
                SELECT concat_ws(' ', count(*), count(DISTINCT user_id), sum(amount), count(*) FILTER (WHERE status = 'succeeded'),
                                 count(payment_method)) FROM checkout.payments
                """) == "1000 1000 1900000 1000 1000")
        try await #expect(system.value("SELECT count(*) FROM analytics.subscriptions WHERE amount = 1900") == "1000")
        try await #expect(system.value("SELECT count(*) FROM enforcement.access WHERE wanted = 'on'") == "850")
    }
}
