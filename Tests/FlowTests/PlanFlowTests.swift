import HTTPTestKit
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("The prices in the settings change")
struct PlanFlowTests {
    @Test("a running subscription whose price is taken out runs on, with its plan known, and somebody is told", .database, .broker)
    func takenOut() async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await RunningSystem.withAccount(prices: "price_basic,price_next") { sandbox, stripeURL in
            try await RunningSystem.run(on: sandbox, at: stripeURL, ["SWEEP_INTERVAL_SECONDS": "1"]) { system in
                try await system.subscribe("user_1")
                try await system.atRest()
                try await #expect(system.commands() == ["vm.restore.v1 generation 1 because active"])
            }
            // As of a subscription that checkout did not open: nothing but what was known of it says what it is.
            let subscription = try #require(await sandbox.account.subscriptions.all.first { _ in true }?.id)
            try await sandbox.act { account throws(APIError) in account.subscriptions[subscription]?.metadata = [:] }
            let settings = ["STRIPE_PRICE_BASIC": "price_next", "SWEEP_INTERVAL_SECONDS": "1"]
            try await RunningSystem.run(on: sandbox, at: stripeURL, settings) { system in
                // The next period is paid: events of all kinds come.
                _ = await system.sandbox.advanceToNext()
                try await system.atRest()
                try await #expect(system.commands().isEmpty)
                try await #expect(system.isEntitled("user_1") == true)
                let answer = try await system.checkout("GET", "subscription-status", as: "user_1").json()
                try #expect(#require(answer["subscription"] as? [String: Any])["plan_id"] as? String == "basic")
                try await eventually("somebody is told") {
                    try await system.value(
                        "SELECT string_agg(code || ' ' || subject, ',') FROM enforcement.alerts WHERE cleared_at IS NULL")
                        == "unlisted_price price_basic"
                }
                // The price that is sold now is a plan too.
                try await system.subscribe("user_2")
                try await system.atRest()
                try await #expect(system.commands() == ["vm.restore.v1 generation 1 because active"])
            }
        }
    }
}

extension RunningSystem {
    /// Buys the basic plan, with a card that works unless another is named.
    func subscribe(_ user: String, card: String = "4242424242424242") async throws {
        let opened = try await checkout("POST", "create-checkout-session", as: user, body: ["plan_id": "basic"])
        let session = try #require(opened.json()["session_id"] as? String)
        let paid = await sandbox.pay(session: session, with: try TestCard.find(card))
        #expect(paid == .paid)
    }

    /// Calls Stripe as somebody would who has its dashboard.
    func call(_ method: String, _ path: String, _ form: String) async throws {
        try await sandbox.act { account throws(APIError) in try account.call(method, path, form) }
    }
}

extension Account {
    /// The same.
    mutating func call(_ method: String, _ path: String, _ form: String) throws(APIError) {
        for endpoint in Endpoint.all {
            guard let ids = endpoint.match(method, path.split(separator: "/")) else { continue }
            var call = Call(pathIDs: ids, parameters: Parameters(try FormDecoder.decode(form)), version: .current)
            _ = try endpoint.handle(&self, &call)
            return
        }
        throw .invalidRequest("no endpoint", status: 404)
    }
}
