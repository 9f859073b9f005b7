import DedicatedThread

/// When a failed request is made again, and how long to wait first.
///
/// Stripe's own libraries: 0.5 s doubling to 5 s, with jitter, unless `Stripe-Should-Retry` decides. A server also retries 429, with the
/// wait that Stripe asks for.
struct RequestRetries: Sendable {
    /// Asked to wait longer than this, a request gives up and leaves the wait to its caller.
    static let longestWait = Duration.seconds(60)
    private static let backoff = Backoff(shortest: .milliseconds(500), longest: .seconds(5))

    var maxRetries: Int

    /// Whether a try that failed so deserves another; `verdict` is `Stripe-Should-Retry`.
    /// An answer that is kept under the key would only be repeated.
    static func isWorthRetrying(_ error: StripeError, verdict: Bool?) -> Bool {
        if error.isReplay { return false }
        if let verdict { return verdict }
        switch error.kind {
        case .connection, .timeout: return true
        default: return error.status.map { $0 == 409 || $0 == 429 || $0 >= 500 } ?? false
        }
    }

    /// The wait before retry number `retry` (from 0); nil when there is to be none. `random` is from 0 to 1.
    func wait(before retry: Int, retryAfter: Duration?, random: Double) -> Duration? {
        guard retry < maxRetries else { return nil }
        if let retryAfter, retryAfter > Self.longestWait { return nil }
        return max(Self.backoff.pause(retry, chance: random), retryAfter ?? .zero)
    }
}
