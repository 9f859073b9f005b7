import Foundation
import Logging

/// Sends requests: turns, retries, deadlines. Shared by every copy of a client.
final class StripeTransport: Sendable {
    let configuration: StripeConfiguration
    let wire: any StripeWire
    let clock: StripeClock
    private let logger: Logger
    private let pace: RequestPace?

    init(configuration: StripeConfiguration, logger: Logger, pace: RequestPace?, wire: any StripeWire) {
        self.configuration = configuration
        self.logger = logger
        self.pace = pace
        self.wire = wire
        clock = StripeClock { wire.instant }
    }

    /// Tries until an answer is final, retries are used up, or `deadline` would pass. Throws `StripeError`, `CancellationError`, or what the
    /// pace throws.
    func send(_ request: StripeRequest, deadline: ContinuousClock.Instant?) async throws -> StripeAnswer {
        let policy = RequestRetries(maxRetries: configuration.maxRetries)
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
            guard RequestRetries.isWorthRetrying(error, verdict: failed.shouldRetry),
                let wait = policy.wait(before: retry, retryAfter: error.retryAfter, random: wire.chance),
                deadline.map({ wire.instant + wait < $0 }) ?? true
            else { throw error }
            try await wire.pause(wait)
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
        let left = wire.instant.duration(to: deadline)
        guard left > .zero else {
            throw StripeError(.timeout, message: "the caller's deadline has passed", isUnknownOutcome: isUnknown)
        }
        return min(left, configuration.timeout)
    }

    /// One try, its whole answer read before `limit` is over.
    private func attempt(_ request: StripeRequest, within limit: Duration) async -> Result<StripeAnswer, FailedTry> {
        let start = wire.instant
        let result: Result<StripeAnswer, FailedTry>
        do {
            result = try await wire.send(request, within: limit).verdict(hiding: configuration.secretKey)
        } catch {
            result = .failure(FailedTry(error as? StripeError ?? StripeError(.connection, message: String(describing: error))))
        }
        logger.debug("stripe call", metadata: metadata(request, result, start.duration(to: wire.instant)))
        return result
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
