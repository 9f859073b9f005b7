import Testing

@testable import StripeSandbox

@Suite("The wire's limits and refusals")
struct WireLimitTests {
    @Test("so many calls in any second, and those refused do not count")
    func rateLimit() {
        var limit = RateLimit(perSecond: 2)
        let answers = [0.0, 0.5, 0.9, 0.99, 1.0, 1.4, 1.5].map { limit.allows(at: $0) }
        #expect(answers == [true, true, false, false, true, false, true])
        var none = RateLimit(perSecond: 0)
        let unlimited = (1...1000).allSatisfy { _ in none.allows(at: 0) }
        #expect(unlimited)
    }

    @Test("a call over the limit gets 429 with the wait")
    func limited() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            #expect(try await browser.send("/_sandbox/settings", json: #"{"rate_limit": 1}"#)["rate_limit"] as? Int == 1)
            _ = try await browser.api("/v1/customers")
            var answer = try await browser.api("/v1/customers", form: "name=a", key: "k")
            // On a machine that took a second between the two, the next ones tell.
            for _ in 1...100 where answer.status != 429 { answer = try await browser.api("/v1/customers", form: "name=a", key: "k") }
            #expect(answer.status == 429)
            #expect(answer["error", "code"] as? String == "rate_limit")
            #expect(answer.headers["retry-after"] == "1")
            #expect(answer.headers["stripe-should-retry"] == "true")
            #expect(answer.headers["stripe-rate-limited-reason"] == "global-rate")
            await sandbox.setRateLimit(0)
            #expect(try await browser.api("/v1/customers", form: "name=a", key: "k").status == 200)
            #expect(await sandbox.account.customers.count == 1)
        }
    }

    @Test(
        "a version that Stripe never had is refused",
        arguments: [("2024-06-20", 200), ("2026-05-27.dahlia", 200), ("2099-01-01", 400), ("2024-06-20.acacia", 400), ("dahlia", 400)])
    func versions(name: String, status: Int) async throws {
        try await withSandbox { _, url async throws in
            let answer = try await Browser(url: url).api("/v1/prices", headers: ["Stripe-Version": name])
            #expect(answer.status == status)
            if status == 400 { #expect(answer["error", "message"] as? String == "Invalid Stripe API version: \(name)") }
        }
    }

    @Test(
        "pages have bounds",
        arguments: [("0", "greater than or equal to 1."), ("101", "less than or equal to 100 (it currently is '101').")])
    func pageBounds(limit: String, words: String) {
        var fixture = AccountFixture()
        let error = #expect(throws: APIError.self) { try fixture.call("GET", "/v1/customers", "limit=\(limit)") }
        #expect(error?.message == "This value must be \(words)")
        #expect(error?.code == "parameter_invalid_integer")
        #expect(error?.param == "limit")
        #expect(throws: APIError.self) { try fixture.call("GET", "/v1/customers", "starting_after=a&ending_before=b") }
    }

    @Test("a path that cannot be expanded undoes the call and leaves its key free")
    func expansionUndone() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let wrong = try await browser.api("/v1/customers", form: "name=a&expand[]=nonsense", key: "k")
            #expect(wrong.status == 400)
            #expect(wrong["error", "param"] as? String == "expand")
            #expect(await sandbox.account.customers.count == 0)
            #expect(await sandbox.account.events.count == 0)
            #expect(try await browser.api("/v1/customers", form: "name=a", key: "k").status == 200)
        }
    }

    @Test("every refusal has Stripe's members and headers")
    func refusal() async throws {
        try await withSandbox { _, url async throws in
            let answer = try await Browser(url: url).api("/v1/customers/cus_none")
            #expect(answer.status == 404)
            #expect(answer["error", "type"] as? String == "invalid_request_error")
            #expect(answer["error", "code"] as? String == "resource_missing")
            #expect(answer["error", "param"] as? String == "id")
            #expect(answer["error", "message"] as? String == "No such customer: 'cus_none'")
            #expect(answer["error", "doc_url"] as? String == "https://stripe.com/docs/error-codes/resource-missing")
            let id = answer.headers["request-id"] ?? "none"
            #expect((answer["error", "request_log_url"] as? String)?.hasSuffix("/test/logs/\(id)") == true)
            #expect(answer.headers["stripe-should-retry"] == "false")
            #expect(answer.headers["stripe-version"] == "2026-05-27.dahlia")
        }
    }

    @Test("unknown paths and bodies in JSON are refused as Stripe refuses them")
    func unknown() async throws {
        try await withSandbox { _, url async throws in
            let browser = Browser(url: url)
            let path = try await browser.api("/v1/nothing")
            #expect(path.status == 404)
            #expect((path["error", "message"] as? String)?.hasPrefix("Unrecognized request URL (GET: /v1/nothing).") == true)
            let json = try await browser.send("/v1/customers", json: "{}", headers: ["Authorization": "Bearer sk_test_1"])
            #expect(json.status == 400)
        }
    }
}
