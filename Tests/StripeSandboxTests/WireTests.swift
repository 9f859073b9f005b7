import Foundation
import TestKit
import Testing

@testable import StripeSandbox

@Suite("The wire")
struct WireTests {
    @Test("the same key and parameters answer the first result, wherever the first answer went")
    func idempotent() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            await sandbox.setFaults([try Self.fault(#"{"path": "customers", "when": "after", "drop": true}"#)])
            await #expect(throws: (any Error).self) { try await browser.api("/v1/customers", form: "name=a&email=a@b.c", key: "k") }
            let first = try await browser.api("/v1/customers", form: "email=a@b.c&name=a", key: "k")
            let second = try await browser.api("/v1/customers", form: "name=a&email=a@b.c", key: "k")
            #expect(first.body == second.body)
            #expect(second.headers["idempotent-replayed"] == "true")
            #expect(second.headers["original-request"] == first.headers["original-request"])
            #expect(await sandbox.account.customers.count == 1)
            let other = try await browser.api("/v1/customers", form: "name=b", key: "k")
            #expect(other.status == 400)
            #expect(other["error", "type"] as? String == "idempotency_error")
        }
    }

    @Test("a key is forgotten after a day of the sandbox's clock, and never kept for a refused parameter")
    func keysEnd() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            #expect(try await browser.api("/v1/customers", form: "nonsense=1", key: "k").status == 400)
            #expect(try await browser.api("/v1/customers", form: "name=a", key: "k").status == 200)
            await sandbox.advance(by: 86_401)
            #expect(try await browser.api("/v1/customers", form: "name=b", key: "k").status == 200)
            #expect(await sandbox.account.customers.count == 2)
        }
    }

    @Test("a second request with a key that is being executed is a conflict")
    func concurrentKey() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            await sandbox.setFaults([try Self.fault(#"{"delay_ms": 6000}"#)])
            async let slow = browser.api("/v1/customers", form: "name=a", key: "k")
            try await eventually("the first is being executed") { await sandbox.faults.isEmpty }
            let second = try await browser.api("/v1/customers", form: "name=a", key: "k")
            #expect(second.status == 409)
            #expect(second["error", "code"] as? String == "idempotency_key_in_use")
            #expect(try await slow.status == 200)
        }
    }

    @Test(
        "only test keys may call",
        arguments: [("Bearer sk_test_1", 200), ("Basic c2tfdGVzdF8xOg==", 200), ("Bearer sk_live_1", 401), ("", 401), ("Basic ?", 401)])
    func authorization(header: String, status: Int) async throws {
        try await withSandbox { _, url async throws in
            let answer = try await Browser(url: url).api("/v1/customers", headers: ["Authorization": header])
            #expect(answer.status == status)
        }
    }

    @Test("answers carry the version, a request id and the sandbox's date")
    func headers() async throws {
        try await withSandbox { sandbox, url async throws in
            await sandbox.advance(by: 3600)
            let answer = try await Browser(url: url).api("/v1/events", headers: ["Stripe-Version": "2024-06-20"])
            #expect(answer.headers["stripe-version"] == "2024-06-20")
            #expect(answer.headers["request-id"]?.hasPrefix("req_") == true)
            #expect(answer.headers["date"] == "Thu, 01 Jan 2026 11:00:00 GMT")
            #expect(try await Browser(url: url).api("/v1/events", headers: ["Stripe-Version": "soon"]).status == 400)
        }
    }

    @Test("a declined invoice is a card error and stays so for its key")
    func cardError() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await Self.signUp(browser, card: "4000000000000341")
            await sandbox.advance(by: 32 * 86_400)
            let invoice = await sandbox.account.invoices.ids[1]
            let first = try await browser.api("/v1/invoices/\(invoice)/pay", form: "", key: "pay")
            #expect(first.status == 402)
            #expect(first["error", "decline_code"] as? String == "generic_decline")
            let charges = await sandbox.account.charges.count
            #expect(try await browser.api("/v1/invoices/\(invoice)/pay", form: "", key: "pay").body == first.body)
            #expect(await sandbox.account.charges.count == charges)
        }
    }

    @Test("a fault before changes nothing, one after loses only the answer")
    func faults() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let order = #"[{"method": "POST", "path": "^/v1/customers$", "status": 500}, {"status": 429, "when": "after"}]"#
            #expect(try await browser.send("/_sandbox/faults", json: order).status == 200)
            #expect(try await browser.api("/v1/customers", form: "name=a").status == 500)
            #expect(await sandbox.account.customers.count == 0)
            #expect(try await browser.api("/v1/customers", form: "name=a").status == 429)
            #expect(await sandbox.account.customers.count == 1)
            #expect(try await browser.api("/v1/customers", form: "name=a").status == 200)
            #expect(await sandbox.records.map(\.status) == [500, 429, 200])
        }
    }

    /// Signs a customer up over the wire; answers the session's id.
    static func signUp(_ browser: Browser, card: String = "4242424242424242") async throws -> String {
        let customer = try await browser.api("/v1/customers", form: "email=ada%40example.com")["id"] as? String ?? ""
        let session =
            try await browser.api(
                "/v1/checkout/sessions",
                form: "mode=subscription&customer=\(customer)&line_items[0][price]=price_basic&success_url=http://shop.test/ok")["id"]
            as? String ?? ""
        _ = try await browser.send("/_sandbox/checkout/sessions/\(session)/pay", json: "{\"card\": \"\(card)\"}")
        return session
    }

    private static func fault(_ json: String) throws -> Fault {
        try JSONDecoder().decode(Fault.self, from: Data(json.utf8))
    }
}
