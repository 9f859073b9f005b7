import Foundation
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Webhooks")
struct WebhookTests {
    @Test("the signature is Stripe's")
    func signature() {
        // Computed with Stripe's own library for this secret, time and body.
        let header = WebhookSignature.header(body: "{\n  \"id\": \"evt_1\"\n}", time: 1_767_261_600, secret: "whsec_test")
        #expect(header == "t=1767261600,v1=10308971e4aff7decc538c42ad1bdb90f08c93081bbf64c9a584f5f8c81fc8c3")
    }

    @Test("every event arrives once, signed with the time of the try, in the order it was made")
    func delivered() async throws {
        let receiver = Receiver()
        try await receiver.listen { port in
            try await withSandbox(Self.config(port)) { sandbox, url async throws in
                for name in ["a", "b", "c"] { _ = try await Browser(url: url).api("/v1/customers", form: "name=\(name)") }
                try await eventually("three events were delivered") { await receiver.deliveries.count == 3 }
                try await eventually("none is pending") { await sandbox.queues[0].undelivered == 0 }
                #expect(await sandbox.account.events.all.map(\.pendingWebhooks) == [0, 0, 0])
            }
        }
        for delivery in await receiver.deliveries {
            let time = Int(delivery.signature.split(separator: ",")[0].dropFirst(2)) ?? 0
            #expect(abs(Double(time) - Date().timeIntervalSince1970) < 60)
            #expect(delivery.signature == WebhookSignature.header(body: delivery.body, time: time, secret: "whsec_sandbox"))
        }
    }

    @Test("an event that is refused or redirected comes again, and others do not wait for it")
    func retried() async throws {
        let receiver = Receiver()
        try await receiver.listen { port in
            await receiver.answer(500, 302, 400)
            try await withSandbox(Self.config(port)) { sandbox, url async throws in
                _ = try await Browser(url: url).api("/v1/customers", form: "name=a")
                try await eventually("the event was taken") { await sandbox.account.events.all.allSatisfy { $0.pendingWebhooks == 0 } }
            }
        }
        let bodies = await receiver.deliveries.map(\.body)
        #expect(bodies.count == 4)
        #expect(Set(bodies).count == 1)
    }

    @Test("nothing is lost while the receiver is down")
    func receiverDown() async throws {
        let receiver = Receiver()
        let port = try await receiver.listen { $0 }
        try await withSandbox(Self.config(port)) { sandbox, url async throws in
            for number in 1...20 { _ = try await Browser(url: url).api("/v1/customers", form: "name=\(number)") }
            try await eventually("a try has failed") { await sandbox.queues[0].failing.contains { $0.tries > 1 } }
            #expect(await sandbox.queues[0].undelivered == 20)
            try await receiver.listen(port: port) { _ in
                try await eventually("all have arrived", within: .seconds(20)) { await sandbox.queues[0].undelivered == 0 }
            }
        }
        #expect(Set(await receiver.deliveries.map(\.body)).count == 20)
    }

    @Test("paused webhooks wait")
    func paused() async throws {
        let receiver = Receiver()
        try await receiver.listen { port in
            try await withSandbox(Self.config(port)) { sandbox, url async throws in
                await sandbox.pauseWebhooks(true)
                _ = try await Browser(url: url).api("/v1/customers", form: "name=a")
                #expect(await sandbox.takeShipments().0.isEmpty)
                await sandbox.pauseWebhooks(false)
                try await eventually("the event arrived") { await receiver.deliveries.count == 1 }
            }
        }
    }

    @Test("waiting grows from 0.1 seconds to 5")
    func backoff() {
        #expect((1...8).map(WebhookQueue.backoff) == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5])
    }

    @Test("an unreachable endpoint is asked by one event at a time, in order")
    func probes() {
        var queue = WebhookQueue()
        for id in ["a", "b", "c"] { queue.add(id) }
        #expect(queue.take(at: 0)?.eventID == "a")
        queue.finish("a", .unreachable("refused"), at: 0)
        #expect(queue.take(at: 0.05)?.eventID == nil)
        #expect(queue.wake(at: 0.05) == 0.1)
        #expect(queue.take(at: 0.2)?.eventID == "a")
        #expect(queue.take(at: 0.2)?.eventID == nil)
        queue.finish("a", .delivered, at: 0.2)
        #expect([queue.take(at: 0.2)?.eventID, queue.take(at: 0.2)?.eventID] == ["b", "c"])
    }

    private static func config(_ port: Int) -> SandboxConfig {
        var config = SandboxConfig()
        config.webhookURLs = ["http://127.0.0.1:\(port)/hook"]
        return config
    }
}
