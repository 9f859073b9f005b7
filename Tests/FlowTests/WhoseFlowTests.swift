import Foundation
import HTTPTestKit
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Many clicks at once, while something is wrong at Stripe")
struct ManyClicksTests {
    /// Stripe's API reference, "Idempotent requests": a 500 is kept under the key, whatever was done before, and repeated for a day.
    @Test(
        "that fails after the effect and repeats it: one customer, one open session, and the next click works", .database, .broker,
        arguments: [1.0, 0.5, 0.2])
    func burntKeys(share: Double) async throws {
        try await RunningSystem.run { system in
            await system.sandbox.setChaos(ChaosProfile(rules: [.failedAfter: .init(trigger: .probability(share))]))
            let answers = try await system.clicks(50, as: "user_1")
            #expect(Set(answers.map(\.status)).isSubset(of: [200, 503]))
            await system.sandbox.turnChaos(on: false)
            let next = try await system.clicks(1, as: "user_1")
            #expect(next.map(\.status) == [200])
            let session = try #require(next[0].json()["session_id"] as? String)
            for answer in answers where answer.status == 200 { try #expect(answer.json()["session_id"] as? String == session) }
            let open = await system.sandbox.account.sessions.all.filter { $0.status == .open }.map(\.id)
            #expect(open == [session])
            #expect(await system.sandbox.account.customers.count == 1)
            // It is the user's: what is paid on it runs the VM.
            _ = await system.sandbox.pay(session: session, with: try TestCard.find("4242424242424242"))
            try await system.atRest()
            try await #expect(system.isEntitled("user_1") == true)
        }
    }

    /// The longest `sub` that is accepted is longer than the reference that Stripe takes.
    @Test("a user whose name has 255 bytes buys like any other", .database, .broker)
    func longName() async throws {
        let user = String(repeating: "ü", count: 127) + "u"
        try await RunningSystem.run { system in
            try await system.subscribe(user)
            try await system.atRest()
            try await #expect(system.isEntitled(user) == true)
        }
    }

    @Test("a customer who is gone: one new one", .database, .broker)
    func customerGone() async throws {
        try await RunningSystem.run { system in
            let first = try await system.withdrawnClick(as: "user_1")
            try await system.sandbox.act { account throws(APIError) in account.customers.remove(first) }
            let answers = try await system.clicks(20, as: "user_1")
            #expect(Set(answers.map(\.status)) == [200])
            try #expect(Set(answers.map { try $0.json()["session_id"] as? String }).count == 1)
            let customers = await system.sandbox.account.customers.all.map(\.id)
            #expect(customers.count == 1 && customers != [first])
            try await #expect(
                system.value("SELECT string_agg(concat(deleted_at IS NOT NULL), ',' ORDER BY id) FROM checkout.customers") == "t,f")
        }
    }

    @Test("a customer whom somebody deletes while a page is open: another page for another customer", .database, .broker)
    func customerDeleted() async throws {
        try await RunningSystem.run { system in
            let opened = try await system.clicks(1, as: "user_1")
            let session = try #require(opened[0].json()["session_id"] as? String)
            let customer = try #require(await system.sandbox.account.customers.ids.first)
            try await system.sandbox.act { account throws(APIError) in account.delete(customer: customer) }
            await system.sandbox.tick()
            try await system.atRest()
            let next = try await system.clicks(5, as: "user_1")
            #expect(Set(next.map(\.status)) == [200])
            try #expect(!next.contains { try $0.json()["session_id"] as? String == session })
            #expect(await system.sandbox.account.customers.all.filter { !$0.deleted }.count == 1)
        }
    }

    @Test("a price that is missing: no customer, and somebody is told", .database, .broker)
    func priceMissing() async throws {
        try await RunningSystem.run { system in
            _ = try await system.withdrawnClick(as: "user_1")
            try await system.sandbox.act { account throws(APIError) in account.prices.remove("price_basic") }
            for user in ["user_1", "user_2"] {
                let answers = try await system.clicks(20, as: user)
                #expect(Set(answers.map(\.status)) == [409])
                let codes = try answers.map { try ($0.json()["error"] as? [String: Any])?["code"] as? String }
                #expect(Set(codes) == ["plan_unavailable"])
            }
            #expect(await system.sandbox.account.customers.count == 1, "the one that was there")
            try await #expect(
                system.value("SELECT string_agg(code || ' ' || subject, ',') FROM checkout.alerts WHERE cleared_at IS NULL")
                    == "price_unavailable price_basic")
        }
    }
}

@Suite("Two installations on one account")
struct TwoInstallationsTests {
    @Test("with users of the same names see nothing of each other", .database, .broker)
    func apart() async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await RunningSystem.withAccount { sandbox, stripeURL in
            try await RunningSystem.run(on: sandbox, at: stripeURL) { first in
                try await elsewhere {
                    try await RunningSystem.run(on: sandbox, at: stripeURL) { second in
                        await sandbox.setWebhookURLs([first, second].map { $0.webhook + "/api/payment/webhook" })
                        try await first.subscribe("user_42")
                        try await settle(first, second)
                        try await #expect(second.isEntitled("user_42") == nil)
                        try await #expect(second.kept() == "0 0 0 0 0")
                        let free = try await second.clicks(1, as: "user_42")
                        #expect(free.map(\.status) == [200], "what the other has bought stands in nobody's way here")
                        try await second.subscribe("user_42")
                        // A month and the hour that an invoice stays a draft: both renew.
                        _ = await sandbox.advance(by: 32 * 86_400)
                        try await settle(first, second)
                        for system in [first, second] {
                            try await #expect(system.isEntitled("user_42") == true)
                            let kept = try await system.kept()
                            #expect(kept == "1 1 2 1 0")
                            let history = try await system.checkout("GET", "payment-history", as: "user_42").json()
                            #expect((history["data"] as? [[String: Any]])?.count == 2)
                        }
                        let customer: Query = "SELECT stripe_customer_id FROM checkout.customers"
                        let (one, other) = try await (first.value(customer), second.value(customer))
                        #expect(one != other)
                    }
                }
            }
        }
    }

    private func settle(_ systems: RunningSystem...) async throws {
        for system in systems { try await system.atRest() }
    }

    /// Runs `body` where the test's database and broker are others.
    private func elsewhere(_ body: () async throws -> Void) async throws {
        let database = try await TestDatabase.create()
        let broker = try await TestBroker.create()
        do {
            try await broker.importTopology()
            try await TestDatabase.$current.withValue(database) { try await TestBroker.$current.withValue(broker) { try await body() } }
        } catch {
            try? await broker.delete()
            try? await database.drop()
            throw error
        }
        try await broker.delete()
        try await database.drop()
    }
}

extension RunningSystem {
    /// How many customers, subscriptions, payments, accesses and events of strangers there are.
    fileprivate func kept() async throws -> String? {
        try await value(
            """
            SELECT concat_ws(' ', (SELECT count(*) FROM checkout.customers), (SELECT count(*) FROM checkout.subscriptions),
                (SELECT count(*) FROM checkout.payments), (SELECT count(*) FROM enforcement.access),
                (SELECT count(*) FROM checkout.unclaimed_events))
            """)
    }

    /// So many clicks on the basic plan at once.
    fileprivate func clicks(_ count: Int, as user: String) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 1...count {
                group.addTask { try await checkout("POST", "create-checkout-session", as: user, body: ["plan_id": "basic"]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// A click whose page has expired since; the customer that it made.
    fileprivate func withdrawnClick(as user: String) async throws -> String {
        let opened = try await clicks(1, as: user)
        let session = try #require(opened[0].json()["session_id"] as? String)
        try await sandbox.act { account throws(APIError) in account.expire(session: session) }
        await sandbox.tick()
        try await atRest()
        return try #require(await sandbox.account.customers.ids.first)
    }
}
