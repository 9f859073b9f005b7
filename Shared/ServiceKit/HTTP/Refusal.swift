package import HTTPTypes

/// A rule of a service that a request breaks, with the answer it gets. Made for small enumerations named after the rules.
///
/// Everything here is shown to the caller: no identifiers of others, no secrets.
package protocol Refusal: Error {
    /// The status, 4xx, or 503 where the caller is to come back.
    var status: HTTPResponse.Status { get }
    /// The name of the rule in snake_case; callers rely on it, so it never changes.
    var code: String { get }
    /// A sentence for people.
    var message: String { get }
    /// The field of the request that breaks the rule, as the request names it.
    var field: String? { get }
    /// When to try again, for 429 and 503.
    var retryAfter: Duration? { get }
}

extension Refusal {
    /// No field.
    package var field: String? { nil }
    /// No time.
    package var retryAfter: Duration? { nil }
}
