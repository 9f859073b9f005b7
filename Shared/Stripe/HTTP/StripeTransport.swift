import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// Sends requests: connections, retries, deadlines. Shared by every copy of a client.
final class StripeTransport: Sendable {
    let configuration: StripeConfiguration
    private let client: HTTPClient
    private let logger: Logger
    private let pause: @Sendable (Duration) async throws -> Void
    private let pace: RequestPace?
    let clock = StripeClock()

    init(
        configuration: StripeConfiguration, logger: Logger, pace: RequestPace?,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.configuration = configuration
        self.logger = logger
        self.pace = pace
        self.pause = pause
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // A connection per request in flight makes the pool's limit the limit of requests.
        settings.httpVersion = .http1Only
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.maxConcurrentRequests
        settings.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// The HTTP client must be shut down before it is released; a closed one ignores this.
    deinit { client.shutdown { _ in } }

    /// Closes every connection; calls in flight fail. Safe to call twice.
    func close() async {
        do { try await client.shutdown() } catch { logger.debug("stripe client was closed already") }
    }

    /// Tries until an answer is final, retries are used up, or `deadline` would pass. Throws `StripeError`, `CancellationError`, or what the
    /// pace throws.
    func send(_ request: StripeRequest, deadline: ContinuousClock.Instant?) async throws -> StripeAnswer {
        let policy = RetryPolicy(maxRetries: configuration.maxRetries)
        var isUnknown = false
        var retry = 0
        while true {
            try Task.checkCancellation()
            try await waitForTurn(within: try timeLeft(until: deadline, isUnknown: isUnknown))
            let failed: FailedTry
            switch await attempt(request, within: try timeLeft(until: deadline, isUnknown: isUnknown)) {
            case .success(let answer):
                clock.hear(answer.readAt)
                return answer
            case .failure(let failure): failed = failure
            }
            // What an aborted try looks like is the HTTP client's affair; that this task was cancelled is not.
            try Task.checkCancellation()
            isUnknown = request.leavesOutcomeUnknown(after: failed.error, wasUnknown: isUnknown)
            if failed.error.kind == .rateLimited { try await pace?.slowDown(failed.error.retryAfter) }
            var error = failed.error
            error.isUnknownOutcome = isUnknown
            guard RetryPolicy.isWorthRetrying(error, verdict: failed.shouldRetry),
                let wait = policy.wait(before: retry, retryAfter: error.retryAfter, random: .random(in: 0...1)),
                deadline.map({ .now + wait < $0 }) ?? true
            else { throw error }
            try await pause(wait)
            retry += 1
        }
    }

    /// A turn that comes too late is a request that was not answered in time.
    private func waitForTurn(within limit: Duration) async throws {
        guard let pace else { return }
        guard try await Deadline.run(within: limit, pace.turn) != nil else {
            throw StripeError(.timeout, message: "no turn in time")
        }
    }

    private func timeLeft(until deadline: ContinuousClock.Instant?, isUnknown: Bool) throws(StripeError) -> Duration {
        guard let deadline else { return configuration.timeout }
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else {
            throw StripeError(.timeout, message: "the caller's deadline has passed", isUnknownOutcome: isUnknown)
        }
        return min(left, configuration.timeout)
    }

    /// One try, its whole answer read before `limit` is over.
    private func attempt(_ request: StripeRequest, within limit: Duration) async -> Result<StripeAnswer, FailedTry> {
        let start = ContinuousClock.now
        let result: Result<StripeAnswer, FailedTry>
        do {
            let message = message(request)
            let outcome = try await Deadline.run(within: limit) { [client] in
                try await ReceivedAnswer(client.execute(message, deadline: .now() + .init(limit)))
            }
            result = outcome.map { $0.verdict(hiding: configuration.secretKey) } ?? .failure(FailedTry(StripeError(.timeout)))
        } catch {
            result = .failure(FailedTry(ReceivedAnswer.error(for: error)))
        }
        logger.debug("stripe call", metadata: metadata(request, result, ContinuousClock.now - start))
        return result
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

    private func metadata(_ request: StripeRequest, _ result: Result<StripeAnswer, FailedTry>, _ time: Duration) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "method": .string(request.method.rawValue), "path": .string(request.path),
            "milliseconds": .stringConvertible(time / .milliseconds(1)),
        ]
        switch result {
        case .success(let answer): metadata["request_id"] = answer.requestID.map { .string($0) }
        case .failure(let failed):
            metadata["error"] = .string(failed.error.description)
            metadata["request_id"] = failed.error.requestID.map { .string($0) }
        }
        return metadata
    }
}
