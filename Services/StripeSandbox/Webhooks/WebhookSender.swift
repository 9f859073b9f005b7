import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Posts the sandbox's events, signed, until each is answered with 2xx.
struct WebhookSender: Service {
    let sandbox: Sandbox
    let logger: Logger

    /// Stripe does not publish its timeout; a receiver that has not answered after this is taken for gone.
    private static let timeout = TimeAmount.seconds(10)

    func run() async throws {
        // A redirect is a failure, as it is for Stripe.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(2)
        // A refused connection is told at once; when to try again is the queue's to say.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(configuration: configuration)
        await withDiscardingTaskGroup { group in
            for await _ in sandbox.doorbell.cancelOnGracefulShutdown() {
                let (shipments, wake) = await sandbox.takeShipments()
                for shipment in shipments {
                    group.addTask { await sandbox.finish(shipment, await post(shipment, with: client)) }
                }
                if let wake {
                    group.addTask {
                        try? await Task.sleep(for: wake)
                        await sandbox.ringForWake()
                    }
                }
            }
            group.cancelAll()
        }
        try await client.shutdown()
    }

    private func post(_ shipment: WebhookShipment, with client: HTTPClient) async -> WebhookOutcome {
        var request = HTTPClientRequest(url: shipment.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "User-Agent", value: "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        // Each try is signed anew, at the receiver's time and not the sandbox's.
        let time = Int(Date().timeIntervalSince1970)
        request.headers.add(
            name: "Stripe-Signature", value: WebhookSignature.header(body: shipment.body, time: time, secrets: shipment.secrets))
        request.body = .bytes(ByteBuffer(string: shipment.body))
        do {
            // Nobody is told what a crash could still undo.
            try await sandbox.save()
            let response = try await client.execute(request, timeout: Self.timeout)
            // The answer's text plays no part, but is read so that the connection can be used again.
            for try await _ in response.body {}
            return (200..<300).contains(response.status.code) ? .delivered : .refused("HTTP \(response.status.code)")
        } catch {
            logger.debug("webhook not delivered", metadata: ["event": "\(shipment.eventID)", "error": "\(error)"])
            return .unreachable("\(error)")
        }
    }
}
