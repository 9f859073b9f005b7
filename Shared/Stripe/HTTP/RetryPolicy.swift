/// When a failed try is made again, and how long to wait first.
///
/// Stripe's own libraries: 0.5 s doubling to 5 s, with jitter, unless `Stripe-Should-Retry` decides. A server also retries 429, with the
/// wait that Stripe asks for.
struct RetryPolicy: Sendable {
    /// Asked to wait longer than this, a request gives up and leaves the wait to its caller.
    static let longestWait = Duration.seconds(60)

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
        let ceiling = min(0.5 * Double(1 << min(retry, 10)), 5)
        // From half the ceiling up, so that clients which failed together come back apart.
        let backoff = Duration.seconds(ceiling * (0.5 + random / 2))
        return max(backoff, retryAfter ?? .zero)
    }
}
