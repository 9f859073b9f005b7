import Foundation
import Testing

@testable import StripeSandbox

@Suite("Chaos in API calls")
struct ChaosCallTests {
    @Test("429 says when to come again, and nothing was done")
    func rateLimited() async throws {
        try await Self.withChaos(#"{"rate_limited": {"every": 1, "retry_after": 3}}"#) { sandbox, browser in
            let answer = try await browser.api("/v1/customers", form: "name=a")
            #expect(answer.status == 429)
            #expect(answer.headers["retry-after"] == "3")
            #expect(answer.headers["stripe-should-retry"] == "true")
            #expect(answer["error", "code"] as? String == "rate_limit")
            #expect(await sandbox.account.customers.count == 0)
        }
    }

    @Test("500 before the effect leaves the key free")
    func failedBefore() async throws {
        try await Self.withChaos(#"{"failed_before": {"every": 2}}"#) { sandbox, browser in
            _ = try await browser.api("/v1/customers")
            #expect(try await browser.api("/v1/customers", form: "name=a", key: "k").status == 500)
            #expect(await sandbox.account.customers.count == 0)
            #expect(try await browser.api("/v1/customers", form: "name=a", key: "k").status == 200)
        }
    }

    @Test("500 after the effect is what the key answers from then on, unless the profile says otherwise", arguments: [true, false])
    func failedAfter(replayed: Bool) async throws {
        try await Self.withChaos(#"{"failed_after": {"every": 2, "replayed": \#(replayed)}}"#) { sandbox, browser in
            _ = try await browser.api("/v1/customers")
            let first = try await browser.api("/v1/customers", form: "name=a", key: "k")
            #expect(first.status == 500)
            #expect(await sandbox.account.customers.count == 1)
            let second = try await browser.api("/v1/customers", form: "name=a", key: "k")
            #expect(second.status == (replayed ? 500 : 200))
            #expect(second.headers["idempotent-replayed"] == "true")
            #expect((second.body == first.body) == replayed)
            #expect(await sandbox.account.customers.count == 1)
        }
    }

    @Test("no answer comes, and the call was executed or not", arguments: [true, false])
    func timedOut(executed: Bool) async throws {
        try await Self.withChaos(#"{"timed_out": {"every": 1, "seconds": 0.05, "executed": \#(executed)}}"#) { sandbox, browser in
            await #expect(throws: (any Error).self) { try await browser.api("/v1/customers", form: "name=a") }
            #expect(await sandbox.account.customers.count == (executed ? 1 : 0))
            #expect(await sandbox.records.map(\.status) == [nil])
        }
    }

    @Test("a GET answers what was true one change ago, and a thing that is new as it is")
    func stale() async throws {
        try await Self.withChaos(#"{"stale": {"every": 1}}"#) { sandbox, browser in
            let id = try await browser.api("/v1/customers", form: "name=old")["id"] as? String ?? ""
            #expect(try await browser.api("/v1/customers/\(id)")["name"] as? String == "old")
            _ = try await browser.api("/v1/customers/\(id)", form: "name=new")
            #expect(try await browser.api("/v1/customers/\(id)")["name"] as? String == "old")
            #expect(await sandbox.chaos.counts == [.stale: 1])
            await sandbox.turnChaos(on: false)
            #expect(try await browser.api("/v1/customers/\(id)")["name"] as? String == "new")
        }
    }

    @Test("a body is cut off, or no JSON, or a proxy's page", arguments: [("cut_off", 200), ("not_json", 200), ("html", 502)])
    func badBodies(kind: String, status: Int) async throws {
        try await Self.withChaos("{\"\(kind)\": {\"every\": 1}}") { sandbox, browser in
            let answer = try await browser.api("/v1/customers", form: "name=a")
            #expect(answer.status == status)
            #expect(!answer.body.isEmpty)
            #expect(throws: (any Error).self) { try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) }
            #expect(await sandbox.account.customers.count == 1)
        }
    }

    @Test("a fault that a test ordered comes before chaos and is no call to it")
    func faultsFirst() async throws {
        try await Self.withChaos(#"{"html": {"every": 1}}"#) { sandbox, browser in
            _ = try await browser.send("/_sandbox/faults", json: #"[{"status": 503}]"#)
            #expect(try await browser.api("/v1/customers").status == 503)
            #expect(await sandbox.chaos.calls == 0)
        }
    }

    private static func withChaos(
        _ calls: String, _ body: (Sandbox, Browser) async throws -> Void
    ) async throws {
        var config = SandboxConfig()
        config.chaos = try ChaosProfileTests.read("{\"calls\": \(calls)}")
        try await withSandbox(config) { sandbox, url async throws in try await body(sandbox, Browser(url: url)) }
    }
}
