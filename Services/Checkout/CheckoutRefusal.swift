import HTTPTypes
import Models
import ServiceKit

/// The rules of checkout that a request can break.
enum CheckoutRefusal: Refusal, Hashable {
    case alreadySubscribed
    case unknownPlan
    case redirectNotAllowed(field: String)
    case unknownSession
    /// Others kept changing what the request is about, round after round.
    case busy

    var status: HTTPResponse.Status {
        switch self {
        case .alreadySubscribed: .conflict
        case .unknownPlan, .redirectNotAllowed: .unprocessableContent
        case .unknownSession: .notFound
        case .busy: .serviceUnavailable
        }
    }

    var code: String {
        switch self {
        case .alreadySubscribed: "already_subscribed"
        case .unknownPlan: "unknown_plan"
        case .redirectNotAllowed: "redirect_not_allowed"
        case .unknownSession: "not_found"
        case .busy: "busy"
        }
    }

    var message: String {
        switch self {
        case .alreadySubscribed: "There is a subscription already; change its plan instead."
        case .unknownPlan: "plan_id must be one of \(Plan.allCases.map(\.rawValue).joined(separator: ", "))."
        case .redirectNotAllowed(let field): "\(field) must lead to a site that is allowed for redirects."
        case .unknownSession: "There is no such checkout session."
        case .busy: "Too much happened at once; please try again in a moment."
        }
    }

    var field: String? {
        switch self {
        case .unknownPlan: "plan_id"
        case .redirectNotAllowed(let field): field
        case .unknownSession: "session_id"
        case .alreadySubscribed, .busy: nil
        }
    }

    /// Whoever else is at work has finished by then.
    var retryAfter: Duration? { self == .busy ? .seconds(1) : nil }
}
