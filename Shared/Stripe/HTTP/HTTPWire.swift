import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// The way to Stripe by HTTP.
final class HTTPWire: StripeWire {
    private let configuration: StripeConfiguration
    private let client: HTTPClient
    private let logger: Logger
    private let sleep: @Sendable (Duration) async throws -> Void

    /// Connects on first use. `sleep` waits between tries.
    init(configuration: StripeConfiguration, logger: Logger, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.configuration = configuration
        self.logger = logger
        self.sleep = sleep
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // A connection per request in flight makes the pool's limit the limit of requests.
        settings.httpVersion = .http1Only
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.maxConcurrentRequests
        settings.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// The HTTP client must be shut down before it is released; a closed one ignores this.
    deinit { client.shutdown { _ in } }

    func close() async {
        do { try await client.shutdown() } catch { logger.debug("stripe client was closed already") }
    }

    var instant: ContinuousClock.Instant { .now }
    var date: Date { Date() }
    var chance: Double { .random(in: 0...1) }

    func pause(_ time: Duration) async throws { try await sleep(time) }

    func send(_ request: StripeRequest, within limit: Duration) async throws -> ReceivedAnswer {
        let message = message(request)
        let answer: ReceivedAnswer?
        do {
            answer = try await Deadline.run(within: limit) { [client] in
                try await ReceivedAnswer(client.execute(message, deadline: .now() + .init(limit)))
            }
        } catch {
            throw ReceivedAnswer.error(for: error)
        }
        guard let answer else { throw StripeError(.timeout) }
        return answer
    }

    private func message(_ request: StripeRequest) -> HTTPClientRequest {
        let query = request.method == .post || request.form.isEmpty ? "" : "?" + request.form.encoded
        var message = HTTPClientRequest(url: configuration.apiBase + request.path + query)
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        message.headers = [
            "Authorization": "Bearer \(configuration.secretKey.text)", "Stripe-Version": configuration.apiVersion,
            "User-Agent": "payments/1", "Accept": "application/json",
        ]
        if let key = request.idempotencyKey { message.headers.add(name: "Idempotency-Key", value: key) }
        if request.method == .post {
            message.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            message.body = .bytes(ByteBuffer(string: request.form.encoded))
        }
        return message
    }
}
