import Foundation

/// Where Stripe is and how to call it.
package struct StripeConfiguration: Sendable, Hashable {
    /// Stripe's own address.
    package static let defaultAPIBase = "https://api.stripe.com"
    /// The version that every request pins: the newest whose whole specification this code was checked against.
    package static let defaultAPIVersion = "2026-05-27.dahlia"

    /// The key; hidden in text.
    package let secretKey: StripeSecretKey
    /// Scheme, host and port, without a trailing slash.
    package let apiBase: String
    /// Sent as `Stripe-Version`.
    package let apiVersion: String
    /// How long one try may take from its start to the last byte of its answer, waiting for a free connection included.
    package let timeout: Duration
    /// How often a failed try is repeated.
    package let maxRetries: Int
    /// How many requests run at once; the others wait. Stripe allows 100 a second in live mode and 25 in a sandbox.
    package let maxConcurrentRequests: Int

    /// Whether real money moves, by the key; every object that is read must agree.
    package var livemode: Bool { secretKey.livemode }

    /// Checks every value; throws `StripeError` of kind `configuration`, without the key, when one cannot work.
    ///
    /// A live key is refused with an address that is not HTTPS: it would cross the network in the clear.
    package init(
        secretKey: String, apiBase: String = defaultAPIBase, apiVersion: String = defaultAPIVersion,
        timeout: Duration = .seconds(10), maxRetries: Int = 2, maxConcurrentRequests: Int = 16
    ) throws(StripeError) {
        guard let key = StripeSecretKey(secretKey) else {
            throw StripeError(.configuration, message: "the secret key must begin with sk_live_, sk_test_, rk_live_ or rk_test_")
        }
        guard let base = Self.normalized(apiBase) else {
            throw StripeError(.configuration, message: "the API base must be http(s)://host[:port][/path]")
        }
        if key.livemode && !base.hasPrefix("https://") {
            throw StripeError(.configuration, message: "a live key needs an https API base")
        }
        guard !apiVersion.isEmpty, apiVersion.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw StripeError(.configuration, message: "the API version is not one")
        }
        guard timeout > .zero, (0...10).contains(maxRetries), maxConcurrentRequests > 0 else {
            throw StripeError(.configuration, message: "timeout and concurrency must be positive, retries 0 to 10")
        }
        self.secretKey = key
        self.apiBase = base
        self.apiVersion = apiVersion
        self.timeout = timeout
        self.maxRetries = maxRetries
        self.maxConcurrentRequests = maxConcurrentRequests
    }

    private static func normalized(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let parts = URLComponents(string: text),
            let scheme = parts.scheme?.lowercased(), scheme == "https" || scheme == "http", let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else { return nil }
        var base = "\(scheme)\(text.dropFirst(scheme.count))"
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }
}
