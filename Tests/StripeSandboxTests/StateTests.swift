import Foundation
import TestKit
import Testing

@testable import StripeSandbox

/// A file of a sandbox's state, for one test.
enum StateFixture {
    static func path() -> String { FileManager.default.temporaryDirectory.appending(path: "sandbox-\(UUID().uuidString)").path }

    static func remove(_ path: String) {
        for name in [path, path + ".new"] { try? FileManager.default.removeItem(atPath: name) }
    }

    /// The file as it is now, as a crash at this moment would leave it.
    static func copy(of path: String) throws -> String {
        let copy = Self.path()
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        return copy
    }
}

/// In these tests the first sandbox still runs when the second one starts with a copy of its file: nothing that a sandbox does at its end
/// has been done, as after a crash.
@Suite("State in a file")
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
        try await keeping { file in
            let answered = try await withSandbox(Self.config(file)) { _, url async throws in
                try await Browser(url: url).api("/v1/customers", form: "name=a", key: "k")
            }
            try await withSandbox(Self.config(file)) { second, url async throws in
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
        try await keeping { file in
            let made = try await withSandbox(Self.config(file, port: nobody)) { first, url async throws in
                for name in ["a", "b", "c"] { _ = try await Browser(url: url).api("/v1/customers", form: "name=\(name)") }
                return await first.account.events.all.map { $0.rendered.pretty }
            }
            try await receiver.listen { port in
                try await withSandbox(Self.config(file, port: port)) { second, _ async throws in
                    try await eventually("all have arrived") { await second.queues[0].undelivered == 0 }
                    #expect(await second.account.events.all.map(\.pendingWebhooks) == [0, 0, 0])
                }
            }
            #expect(Set(await receiver.deliveries.map(\.body)) == Set(made))
        }
    }

    @Test("what was delivered is not delivered again")
    func deliveredOnce() async throws {
        let receiver = Receiver()
        try await keeping { file in
            try await receiver.listen { port in
                try await withSandbox(Self.config(file, port: port)) { first, url async throws in
                    _ = try await Browser(url: url).api("/v1/customers", form: "name=a")
                    try await eventually("the event was taken") { await first.queues[0].undelivered == 0 }
                }
                try await withSandbox(Self.config(file, port: port)) { second, _ async throws in
                    #expect(await second.queues[0].undelivered == 0)
                }
            }
            #expect(await receiver.deliveries.count == 1)
        }
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

    @Test("a file that another sandbox has is refused, and so is one that cannot be read")
    func refuses() async throws {
        try await keeping { file in
            try await withSandbox(Self.config(file)) { _, _ async throws in
                _ = await #expect(throws: SandboxStateError.self) { try await withSandbox(Self.config(file)) { _, _ in } }
            }
            let whole = try String(contentsOfFile: file, encoding: .utf8)
            for broken in [
                whole.replacing("price_basic", with: "price_\u{1}"), "{}\n", whole.replacing(#"\"format\":2"#, with: #"\"format\":1"#),
            ] {
                #expect(broken != whole)
                try broken.write(toFile: file, atomically: true, encoding: .utf8)
                await #expect(throws: (any Error).self) { try await withSandbox(Self.config(file)) { _, _ in } }
            }
        }
    }

    @Test("a write that was cut off is as if it had not been, and the next start goes on from the one before")
    func cutOff() async throws {
        try await keeping { file in
            try await withSandbox(Self.config(file)) { _, url async throws in
                for name in ["a", "b"] { _ = try await Browser(url: url).api("/v1/customers", form: "name=\(name)") }
            }
            let handle = try #require(FileHandle(forWritingAtPath: file))
            try handle.truncate(atOffset: try handle.seekToEnd() - 5)
            try await withSandbox(Self.config(file)) { second, url async throws in
                #expect(await second.account.customers.count <= 2)
                _ = try await Browser(url: url).api("/v1/customers", form: "name=c")
            }
            try await withSandbox(Self.config(file)) { third, _ async throws in
                #expect(await third.account.customers.newestFirst.first?.name == "c")
            }
        }
    }

    @Test("a call writes what it has changed and nothing else, and a start makes one line of all")
    func bounded() async throws {
        try await keeping { file in
            try await withSandbox(Self.config(file)) { _, url async throws in
                let browser = Browser(url: url)
                for number in 1...20 { _ = try await browser.api("/v1/customers", form: "name=\(number)") }
                _ = try await browser.api("/v1/customers", form: "name=last", key: "k")
                let last = try Self.lines(file).last(where: { $0.contains("idempotency") }) ?? ""
                let kinds = last.matches(of: /"kind":"(\w+)"/).map { String($0.1) }.sorted()
                #expect(kinds == ["customer", "event", "idempotency"])
            }
            try await withSandbox(Self.config(file)) { _, _ in }
            #expect(try Self.lines(file).count <= 2)
        }
    }

    private static func lines(_ file: String) throws -> [Substring] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    }

    // MARK: Helpers

    /// A file that is gone afterwards.
    private func keeping(_ work: (String) async throws -> Void) async throws {
        let file = StateFixture.path()
        defer { StateFixture.remove(file) }
        try await work(file)
    }

    /// Two sandboxes, the second begun when `begin` has done its calls at the first; `work` gets both and a browser of the second.
    private func restarted(
        after begin: @Sendable (Sandbox, Browser) async throws -> Void,
        _ work: @Sendable (Sandbox, Sandbox, Browser) async throws -> Void
    ) async throws {
        try await keeping { file in
            try await withSandbox(Self.config(file)) { first, url async throws in
                try await begin(first, Browser(url: url))
                try await first.save()
                let copy = try StateFixture.copy(of: file)
                defer { StateFixture.remove(copy) }
                try await withSandbox(Self.config(copy)) { second, url async throws in try await work(first, second, Browser(url: url)) }
            }
        }
    }

    private static func config(_ file: String, port: Int? = nil) -> SandboxConfig {
        var config = SandboxConfig()
        config.statePath = file
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
