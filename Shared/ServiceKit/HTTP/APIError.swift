package import HTTPTypes

/// A request refused with a status, a code for programs and a sentence for people.
///
/// For refusals that belong to a rule of one service, an enumeration conforming to `Refusal` reads better.
package struct APIError: Refusal, Equatable, CustomStringConvertible {
    /// The status of the answer.
    package let status: HTTPResponse.Status
    /// The name of the rule in snake_case.
    package let code: String
    /// The sentence for people.
    package let message: String
    /// The field that is wrong, as the request names it.
    package let field: String?
    /// When to try again.
    package let retryAfter: Duration?

    /// An error with everything said by hand; `message` is shown to the caller.
    package init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, field: String? = nil, retryAfter: Duration? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retryAfter = retryAfter
    }

    /// 400: the request cannot be understood; `field` names what is wrong.
    package static func malformed(_ message: String, field: String? = nil, code: String = "malformed_request") -> APIError {
        APIError(.badRequest, code, message, field: field)
    }

    /// 401: no token, or none that is accepted. Always the same words, so that nobody learns why.
    package static let unauthenticated = APIError(.unauthorized, "unauthenticated", "A valid bearer token is needed.")

    /// 403: the caller is known and may not do this.
    package static func forbidden(_ message: String, code: String = "forbidden") -> APIError {
        APIError(.forbidden, code, message)
    }

    /// 404: not there, or not the caller's; the two are never told apart.
    package static func notFound(_ message: String = "There is no such thing.", code: String = "not_found") -> APIError {
        APIError(.notFound, code, message)
    }

    /// The code and the message.
    package var description: String { "\(code): \(message)" }
}

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
