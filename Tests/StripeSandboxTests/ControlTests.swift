import Testing

@testable import StripeSandbox

@Suite("Control calls")
struct ControlTests {
    @Test("the clock runs with the wall clock, or stands, and never goes back")
    func clock() {
        var clock = SandboxClock(start: 1000, wall: 50, frozen: false)
        #expect(clock.now(wall: 50) == 1000)
        #expect(clock.now(wall: 57.9) == 1007)
        #expect(clock.now(wall: 40) == 1000)
        clock.freeze(true, wall: 60)
        #expect(clock.now(wall: 99) == 1010)
        clock.set(to: 2000, wall: 99)
        clock.freeze(false, wall: 100)
        #expect(clock.now(wall: 103) == 2003)
    }

    @Test("advancing the clock answers what happened, each at its own time")
    func advances() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser)
            let next = try await browser.send("/_sandbox/clock/advance_to_next", json: "")
            #expect((next["events"] as? [[String: Any]])?.map { $0["type"] as? String } == ["invoice.upcoming"])
            #expect(next["now"] as? Int == 1_769_335_200)
            let month = try await browser.send("/_sandbox/clock/advance", json: #"{"seconds": 864000}"#)
            let times = (month["events"] as? [[String: Any]])?.compactMap { $0["created"] as? Int } ?? []
            #expect(times == times.sorted())
            #expect(times.first == 1_769_940_000)
            #expect(times.last == 1_769_943_600)
            #expect(try await browser.send("/_sandbox/clock")["now"] as? Int == 1_770_199_200)
            #expect(try await browser.send("/_sandbox/clock", json: #"{"now": 5}"#).status == 400)
        }
    }

    @Test("with nothing left to fall due the clock stays")
    func nothingDue() async throws {
        try await withSandbox { sandbox, _ async throws in
            let before = await sandbox.now
            #expect(await sandbox.advanceToNext().isEmpty)
            #expect(await sandbox.now == before)
        }
    }

    @Test("settings are changed one by one and answered whole")
    func settings() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let order = #"{"after_final_failure": "cancel", "retry_days": [1], "event_version": "2024-06-20"}"#
            let changed = try await browser.send("/_sandbox/settings", json: order)
            #expect(changed["after_final_failure"] as? String == "cancel")
            #expect(changed["event_version"] as? String == "2024-06-20")
            _ = try await WireTests.signUp(browser, card: "4000000000000341")
            await sandbox.advance(by: 34 * 86_400)
            #expect(await sandbox.account.subscriptions.all.map(\.status) == [.canceled])
            for wrong in [#"{"after_final_failure": "shrug"}"#, #"{"retry_days": [0]}"#, #"{"event_version": "x"}"#, "nonsense"] {
                #expect(try await browser.send("/_sandbox/settings", json: wrong).status == 400)
            }
        }
    }

    @Test("the ledger says what was collected and given back")
    func ledger() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser)
            let charge = await sandbox.account.charges.ids[0]
            _ = try await browser.api("/v1/refunds", form: "charge=\(charge)&amount=400")
            let ledger = try await browser.send("/_sandbox/ledger")
            #expect(ledger["totals", "collected"] as? Int == 1900)
            #expect(ledger["totals", "refunded"] as? Int == 400)
            let customer = (ledger["customers"] as? [[String: Any]])?.first
            #expect(customer?["collected"] as? Int == 1900)
            #expect((customer?["subscriptions"] as? [[String: Any]])?.first?["status"] as? String == "active")
        }
    }

    @Test("requests are recorded with their parameters and keys")
    func requests() async throws {
        try await withSandbox { _, url async throws in
            let browser = Browser(url: url)
            _ = try await browser.api("/v1/customers", form: "metadata[user_id]=u", key: "k1")
            let record = (try await browser.send("/_sandbox/requests")["requests"] as? [[String: Any]])?.first
            #expect(record?["path"] as? String == "/v1/customers")
            #expect(record?["idempotency_key"] as? String == "k1")
            #expect((record?["params"] as? [String: [String: String]]) == ["metadata": ["user_id": "u"]])
        }
    }

    @Test("missing and wrong settings are all named at once")
    func environment() {
        let error = #expect(throws: SandboxConfigError.self) {
            try SandboxConfig(environment: ["HTTP_PORT": "x", "STRIPE_PRICE_BASIC": "p", "SANDBOX_CLOCK": "noon"])
        }
        #expect(
            error?.problems == [
                "STRIPE_WEBHOOK_SECRET is missing", "STRIPE_PRICE_PREMIUM is missing", "HTTP_PORT is not valid",
                "SANDBOX_CLOCK is not valid",
            ])
    }
}
