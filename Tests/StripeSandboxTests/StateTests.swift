import Foundation
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

/// In these tests the first sandbox still runs when the second one starts with its database: nothing that a sandbox does at its end has
/// been done, as after a crash.
@Suite("State in PostgreSQL", .database)
struct StateTests {
    @Test("a sandbox that begins where another was cut off has the same account, and goes on with it")
    func account() async throws {
        try await restarted(after: Self.live) { first, second, browser async throws in
            let before = await first.account
            let after = await second.account
            #expect(Self.told(after) == Self.told(before))
            #expect(after.agenda.next == before.agenda.next)
            #expect(await second.now == first.now)
            #expect(try await browser.send("/_sandbox/clock/advance", json: #"{"seconds": 2764800}"#).status == 200)
            let invoices = await second.account.invoices.all.compactMap(\.number)
            #expect(invoices.count == before.invoices.count + 1)
            #expect(Set(invoices).count == invoices.count)
        }
    }

    @Test("an idempotency key answers what it answered before, byte for byte")
    func idempotency() async throws {
        try await withSandbox(Self.config()) { _, url async throws in
            let answered = try await Browser(url: url).api("/v1/customers", form: "name=a", key: "k")
            try await withSandbox(Self.config()) { second, url async throws in
                let browser = Browser(url: url)
                let again = try await browser.api("/v1/customers", form: "name=a", key: "k")
                #expect(again.body == answered.body)
                #expect(again.headers["idempotent-replayed"] == "true")
                #expect(again.headers["original-request"] == answered.headers["request-id"])
                #expect(try await browser.api("/v1/customers", form: "name=b", key: "k").status == 400)
                #expect(await second.account.customers.count == 1)
            }
        }
    }

    @Test("what no endpoint has taken yet is delivered as it was made, to where the settings now say")
    func deliveries() async throws {
        let receiver = Receiver()
        let nobody = try FreePorts.choose(1)[0]
        try await withSandbox(Self.config(port: nobody)) { first, url async throws in
            for name in ["a", "b", "c"] { _ = try await Browser(url: url).api("/v1/customers", form: "name=\(name)") }
            try await receiver.listen { port in
                try await withSandbox(Self.config(port: port)) { second, _ async throws in
                    try await eventually("all have arrived") { await second.queues[0].undelivered == 0 }
                    #expect(await second.account.events.all.map(\.pendingWebhooks) == [0, 0, 0])
                }
            }
            let made = await first.account.events.all.map { $0.rendered.pretty }
            #expect(Set(await receiver.deliveries.map(\.body)) == Set(made))
        }
    }

    @Test("what was delivered is not delivered again")
    func deliveredOnce() async throws {
        let receiver = Receiver()
        try await receiver.listen { port in
            try await withSandbox(Self.config(port: port)) { first, url async throws in
                _ = try await Browser(url: url).api("/v1/customers", form: "name=a")
                try await eventually("the event was taken") { await first.queues[0].undelivered == 0 }
                try await first.save()
                try await withSandbox(Self.config(port: port)) { second, _ async throws in
                    #expect(await second.queues[0].undelivered == 0)
                }
            }
        }
        #expect(await receiver.deliveries.count == 1)
    }

    @Test("settings, faults, secrets, paused webhooks and the ordinals of chaos are as they were left")
    func settings() async throws {
        try await restarted(after: Self.arrange) { first, second, _ async throws in
            #expect(await second.chaos.json == first.chaos.json)
            #expect(await second.chaos.calls == 3)
            #expect(await second.faults.map(\.json) == first.faults.map(\.json))
            #expect(await second.account.settings.retries == .days([1]))
            #expect(await second.account.settings.afterFinalFailure == .cancel)
            #expect(await second.limit.perSecond == 50)
            #expect(await second.webhooksPaused)
            #expect(await second.signing.valid(at: Date().timeIntervalSince1970) == ["whsec_next"])
            #expect(await second.now == 1_780_000_000)
        }
    }

    @Test("a sandbox whose database another one has taken over is refused, and answers 500 rather than what would be lost")
    func takenOver() async throws {
        try await restarted(
            after: { _, _ in },
            { first, second, _ async throws in
                await first.freezeClock(false)
                await #expect(throws: SandboxStateError.self) { try await first.save() }
                #expect(await second.clock.isFrozen)
            })
        let database = try #require(TestDatabase.current)
        try await withSandbox(Self.config()) { _, url async throws in
            _ = try await database.superuser.query("UPDATE sandbox_account SET openings = openings + 1")
            let answer = try await Browser(url: url).api("/v1/customers", form: "name=a")
            #expect(answer.status == 500)
            #expect(answer["error", "type"] as? String == "api_error")
        }
    }

    @Test("a state that cannot be read keeps the sandbox from starting")
    func unreadable() async throws {
        let database = try #require(TestDatabase.current)
        try await withSandbox(Self.config()) { _, _ in }
        _ = try await database.superuser.query("UPDATE sandbox_objects SET body = '{}' WHERE kind = 'price'")
        await #expect(throws: (any Error).self) { try await withSandbox(Self.config()) { _, _ in } }
        _ = try await database.superuser.query("DELETE FROM sandbox_objects")
        _ = try await database.superuser.query("UPDATE sandbox_account SET body = '{\"format\": 99}'")
        await #expect(throws: (any Error).self) { try await withSandbox(Self.config()) { _, _ in } }
    }

    @Test("a call writes what it has changed and nothing else")
    func bounded() async throws {
        let database = try #require(TestDatabase.current)
        try await withSandbox(Self.config()) { _, url async throws in
            let browser = Browser(url: url)
            for number in 1...20 { _ = try await browser.api("/v1/customers", form: "name=\(number)") }
            _ = try await database.superuser.query("DELETE FROM sandbox_objects")
            _ = try await browser.api("/v1/customers", form: "name=last", key: "k")
            let rows = try await database.superuser.query("SELECT kind FROM sandbox_objects ORDER BY kind")
            #expect(try rows.map { try $0.get("kind", as: String.self) } == ["customer", "event", "idempotency"])
        }
    }

    // MARK: Helpers

    /// Two sandboxes, the second begun when `begin` has done its calls at the first; `work` gets both and a browser of the second.
    private func restarted(
        after begin: (Sandbox, Browser) async throws -> Void,
        _ work: (Sandbox, Sandbox, Browser) async throws -> Void
    ) async throws {
        try await withSandbox(Self.config()) { first, url async throws in
            try await begin(first, Browser(url: url))
            try await withSandbox(Self.config()) { second, url async throws in try await work(first, second, Browser(url: url)) }
        }
    }

    private static func config(port: Int? = nil) throws -> SandboxConfig {
        var config = SandboxConfig()
        config.databaseURL = try #require(TestDatabase.current?.url)
        config.publicURL = "http://sandbox.test"
        config.webhookURLs = port.map { ["http://127.0.0.1:\($0)/hook"] } ?? []
        return config
    }

    /// Something of nearly every kind.
    @Sendable
    private static func live(_ sandbox: Sandbox, _ browser: Browser) async throws {
        _ = try await WireTests.signUp(browser)
        _ = try await browser.send("/_sandbox/clock/advance", json: #"{"seconds": 2764800}"#)
        let customer = await sandbox.account.customers.ids[0]
        let charges = await sandbox.account.charges.ids
        try #require(charges.count == 2)
        let orders = [
            ("/v1/refunds", "charge=\(charges[0])&amount=500"), ("/v1/coupons", "id=half&percent_off=50&duration=once"),
            ("/v1/billing_portal/sessions", "customer=\(customer)&return_url=http://shop.test/"),
            ("/v1/webhook_endpoints", "url=http://shop.test/hook&enabled_events[]=charge.failed"),
            ("/v1/customers", "name=%00&metadata[a]=%F0%9F%82%A1"), ("/v1/products", "name=Odd&id=a%00b"),
            ("/v1/test_helpers/test_clocks", "frozen_time=1770026400&name=t"),
        ]
        for (path, form) in orders { #expect(try await browser.api(path, form: form).status == 200, "\(path)") }
        #expect(try await browser.send("/_sandbox/charges/\(charges[1])/dispute", json: "{}").status == 200)
    }

    /// Leaves everything otherwise than the settings say, and three calls of the API behind.
    @Sendable
    private static func arrange(_ sandbox: Sandbox, _ browser: Browser) async throws {
        let orders = [
            ("POST", "settings", #"{"after_final_failure": "cancel", "retry_days": [1], "rate_limit": 50, "webhooks_paused": true}"#),
            ("POST", "webhook_secret", #"{"new": "whsec_next"}"#),
            ("PUT", "chaos", #"{"seed": 9, "calls": {"html": {"every": 1000}}, "events": {"duplicated": {"probability": 0.5}}}"#),
            ("POST", "faults", #"[{"path": "refunds", "times": 3, "status": 402, "headers": {"A": "b"}, "body": {"z": 1, "a": [2.5]}}]"#),
            ("POST", "clock", #"{"now": 1780000000}"#),
        ]
        for (method, path, body) in orders {
            #expect(try await browser.send("/_sandbox/\(path)", json: body, method: method).status == 200)
        }
        for _ in 1...3 { _ = try await browser.api("/v1/customers", form: "name=a") }
    }

    /// Every object of an account, as the API shows it.
    private static func told(_ account: Account) -> [String] {
        func all<Kind: Resource>(_ table: Table<Kind>) -> [String] { table.all.map { $0.rendered(.current, in: account).pretty } }
        let kinds = [
            all(account.customers), all(account.products), all(account.prices), all(account.sessions), all(account.subscriptions),
            all(account.invoices), all(account.invoicePayments), all(account.paymentIntents), all(account.charges), all(account.refunds),
            all(account.disputes), all(account.coupons), all(account.portalSessions), all(account.paymentMethods), all(account.events),
            all(account.testClocks), all(account.webhookEndpoints),
        ]
        for (number, kind) in kinds.enumerated() { #expect(!kind.isEmpty, "kind \(number) is stored too") }
        return kinds.flatMap(\.self)
    }
}
