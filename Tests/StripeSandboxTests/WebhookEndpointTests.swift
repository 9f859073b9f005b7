import TestKit
import Testing

@testable import StripeSandbox

@Suite("Webhook endpoints of the API")
struct WebhookEndpointTests {
    private static let path = "/v1/webhook_endpoints"

    @Test("one is made, listed, changed and deleted; its secret is shown once")
    func life() throws {
        var fixture = AccountFixture()
        let form = "url=https://shop.test/hook&enabled_events[]=invoice.paid&enabled_events[]=customer.created&metadata[a]=1"
        let made = try fixture.call("POST", Self.path, form)
        let id = try fixture.id(made)
        #expect(id.hasPrefix("we_"))
        #expect(made["secret"]?.string?.hasPrefix("whsec_") == true)
        #expect(made["status"] == "enabled")
        #expect(made["enabled_events"] == ["invoice.paid", "customer.created"])
        let read = try fixture.call("GET", "\(Self.path)/\(id)")
        #expect(read["secret"] == nil)
        let changed = try fixture.call("POST", "\(Self.path)/\(id)", "enabled_events[0]=*&disabled=true&description=ours")
        #expect(changed["enabled_events"] == ["*"])
        #expect(changed["status"] == "disabled")
        #expect(changed["description"] == "ours")
        #expect(changed["url"] == "https://shop.test/hook")
        #expect(try fixture.call("GET", Self.path)["data"]?.elements == [changed])
        #expect(try fixture.call("DELETE", "\(Self.path)/\(id)")["deleted"] == true)
        #expect(throws: APIError.self) { try fixture.call("GET", "\(Self.path)/\(id)") }
        #expect(try fixture.call("GET", Self.path)["data"]?.elements.isEmpty == true)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("enabled_events[]=*", "url"), ("url=https://a.test", "enabled_events"),
            ("url=https://a.test&enabled_events[]=invoice.payed", "enabled_events[0]"), ("url=ftp://a.test&enabled_events[]=*", "url"),
            ("url=https://a.test&enabled_events[]=*&api_version=2020-08-27", "api_version"),
        ])
    func refuses(form: String, param: String) {
        var fixture = AccountFixture()
        let error = #expect(throws: APIError.self) { try fixture.call("POST", Self.path, form) }
        #expect(error?.param == param)
    }

    @Test("it gets the events it asked for, signed with its own secret, until it is disabled or deleted")
    func delivers() async throws {
        let receiver = Receiver()
        try await receiver.listen { port in
            try await withSandbox { sandbox, url async throws in
                let browser = Browser(url: url)
                _ = try await browser.api("/v1/customers", form: "name=before")
                let form = "url=http://127.0.0.1:\(port)/hook&enabled_events[0]=customer.created"
                let made = try await browser.api(Self.path, form: form)
                let id = made["id"] as? String ?? ""
                let secret = made["secret"] as? String ?? ""
                let customer = try await browser.api("/v1/customers", form: "name=a")["id"] as? String ?? ""
                _ = try await browser.api("/v1/customers/\(customer)", form: "name=b")
                try await eventually("the event was taken") { await sandbox.queues.map(\.undelivered) == [0] }
                let delivery = try await #require(receiver.deliveries.first)
                let time = Int(delivery.signature.split(separator: ",")[0].dropFirst(2)) ?? 0
                #expect(delivery.signature == WebhookSignature.header(body: delivery.body, time: time, secret: secret))
                #expect(delivery.body.contains("customer.created"))
                _ = try await browser.api("\(Self.path)/\(id)", form: "disabled=true")
                _ = try await browser.api("/v1/customers", form: "name=c")
                #expect(await sandbox.queues.map(\.undelivered) == [0])
                #expect(await sandbox.account.events.all.map(\.pendingWebhooks) == [0, 0, 0, 0])
                _ = try await browser.api("\(Self.path)/\(id)", method: "DELETE")
                #expect(await sandbox.targets.isEmpty)
            }
        }
        #expect(await receiver.deliveries.count == 1)
    }

    @Test("its secret is rolled by itself")
    func rolls() async throws {
        var config = SandboxConfig()
        config.webhookURLs = ["http://127.0.0.1:1/hook"]
        try await withSandbox(config) { sandbox, url async throws in
            let browser = Browser(url: url)
            let id = try await browser.api(Self.path, form: "url=http://127.0.0.1:1/&enabled_events[]=*")["id"] as? String ?? ""
            let order = "{\"new\": \"whsec_b\", \"endpoint\": \"\(id)\"}"
            #expect(try await browser.send("/_sandbox/webhook_secret", json: order).status == 200)
            #expect(await sandbox.targets.last?.secrets?.valid(at: .infinity) == ["whsec_b"])
            #expect(await sandbox.signing.valid(at: 0) == ["whsec_sandbox"])
        }
    }
}
