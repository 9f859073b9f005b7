import HTTPTypes
import Models
import ServiceKit

/// The rules of checkout that a request can break.
enum CheckoutRefusal: Refusal, Hashable {
    case alreadySubscribed
    /// A subscription waits for its money: past due, unpaid or paused.
    case unpaidSubscription
    /// The customer has something in another currency.
    case currencyMismatch
    case unknownPlan
    /// The plan's price cannot be bought, which an operator has been told.
    case planUnavailable
    case redirectNotAllowed(field: String)
    case unknownSession
    /// The user has never begun to buy anything.
    case noCustomer
    /// Others kept changing what the request is about, round after round.
    case busy

    var status: HTTPResponse.Status {
        switch self {
        case .alreadySubscribed, .unpaidSubscription, .currencyMismatch, .planUnavailable: .conflict
        case .unknownPlan, .redirectNotAllowed: .unprocessableContent
        case .unknownSession, .noCustomer: .notFound
        case .busy: .serviceUnavailable
        }
    }

    var code: String {
        switch self {
        case .alreadySubscribed: "already_subscribed"
        case .unpaidSubscription: "unpaid_subscription"
        case .currencyMismatch: "currency_mismatch"
        case .unknownPlan: "unknown_plan"
        case .planUnavailable: "plan_unavailable"
        case .redirectNotAllowed: "redirect_not_allowed"
        case .unknownSession, .noCustomer: "not_found"
        case .busy: "busy"
        }
    }

    private static let portal = "POST /api/payment/create-portal-session leads to where"

    var message: String {
        switch self {
        case .alreadySubscribed: "There is a subscription already. \(Self.portal) it is changed or ended."
        case .unpaidSubscription: "There is a subscription that waits for its payment. \(Self.portal) it is paid or ended."
        case .currencyMismatch: "There is something in another currency. \(Self.portal) it is paid or ended; then this plan can be bought."
        case .unknownPlan: "plan_id must be one of \(Plan.allCases.map(\.rawValue).joined(separator: ", "))."
        case .planUnavailable: "This plan cannot be bought at present; whoever can mend that has been told."
        case .redirectNotAllowed(let field): "\(field) must lead to a site that is allowed for redirects."
        case .unknownSession: "There is no such checkout session."
        case .noCustomer: "There is nothing to manage yet: nothing was ever bought."
        case .busy: "Too much happened at once; please try again in a moment."
        }
    }

    var field: String? {
        switch self {
        case .unknownPlan, .planUnavailable: "plan_id"
        case .redirectNotAllowed(let field): field
        case .unknownSession: "session_id"
        case .alreadySubscribed, .unpaidSubscription, .currencyMismatch, .noCustomer, .busy: nil
        }
    }

    /// Whoever else is at work has finished by then.
    var retryAfter: Duration? { self == .busy ? .seconds(1) : nil }
}
