import TestKit
import Testing

@testable import StripeSandbox

@Suite("Rolling the signing secret")
struct SecretTests {
    @Test("both secrets sign while they overlap, then the new one alone")
    func overlap() {
        var secrets = SigningSecrets("a")
        #expect(secrets.valid(at: 0) == ["a"])
        secrets.roll(to: "b", overlap: 10, at: 100)
        #expect(secrets.valid(at: 109.9) == ["b", "a"])
        #expect(secrets.valid(at: 110) == ["b"])
        secrets.roll(to: "c", overlap: 0, at: 120)
        #expect(secrets.valid(at: 120) == ["c"])
    }

    @Test("the header has a signature by each secret")
    func header() {
        let both = WebhookSignature.header(body: "{}", time: 5, secrets: ["new", "old"])
        let new = WebhookSignature.header(body: "{}", time: 5, secret: "new").replacing("t=5,", with: "")
        let old = WebhookSignature.header(body: "{}", time: 5, secret: "old").replacing("t=5,", with: "")
        #expect(both == "t=5,\(new),\(old)")
    }

    @Test("deliveries carry two signatures after a roll with an overlap")
    func delivered() async throws {
        let receiver = Receiver()
        try await receiver.listen { port in
            var config = SandboxConfig()
            config.webhookURLs = ["http://127.0.0.1:\(port)/hook"]
            try await withSandbox(config) { _, url async throws in
                let browser = Browser(url: url)
                let order = #"{"new": "whsec_next", "overlap_seconds": 60}"#
                #expect(try await browser.send("/_sandbox/webhook_secret", json: order).status == 200)
                _ = try await browser.api("/v1/customers", form: "name=a")
                try await eventually("the event arrived") { await receiver.deliveries.count == 1 }
            }
        }
        let delivery = try await #require(receiver.deliveries.first)
        let time = Int(delivery.signature.split(separator: ",")[0].dropFirst(2)) ?? 0
        let expected = WebhookSignature.header(body: delivery.body, time: time, secrets: ["whsec_next", "whsec_sandbox"])
        #expect(delivery.signature == expected)
    }

    @Test(
        "a wrong order is refused",
        arguments: [#"{}"#, #"{"new": ""}"#, #"{"new": "x", "overlap_seconds": -1}"#, #"{"new": "x", "endpoint": "we_none"}"#])
    func refuses(order: String) async throws {
        try await withSandbox { sandbox, url async throws in
            let status = try await Browser(url: url).send("/_sandbox/webhook_secret", json: order).status
            #expect(status == (order.contains("we_none") ? 404 : 400))
            #expect(await sandbox.signing.valid(at: 0) == ["whsec_sandbox"])
        }
    }
}
