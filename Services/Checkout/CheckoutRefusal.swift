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
    /// The user has no subscription.
    case noSubscription
    /// It has ended, or its end is scheduled.
    case alreadyCanceled
    /// There is no end to take back.
    case notScheduled
    case samePlan
    /// A bank declined what a change costs; nothing has changed.
    case cardDeclined
    /// Stripe does not allow a change as things are.
    case changeRefused
    /// It is not known yet whether Stripe has done it.
    case outcomeUnknown
    /// Others kept changing what the request is about, round after round.
    case busy

    var status: HTTPResponse.Status {
        switch self {
        case .alreadySubscribed, .unpaidSubscription, .currencyMismatch, .planUnavailable, .alreadyCanceled, .notScheduled, .samePlan:
            .conflict
        case .unknownPlan, .redirectNotAllowed, .changeRefused: .unprocessableContent
        case .unknownSession, .noCustomer, .noSubscription: .notFound
        case .cardDeclined: HTTPResponse.Status(code: 402)
        case .busy, .outcomeUnknown: .serviceUnavailable
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
        case .noSubscription: "no_subscription"
        case .alreadyCanceled: "already_canceled"
        case .notScheduled: "not_scheduled_for_cancellation"
        case .samePlan: "same_plan"
        case .cardDeclined: "card_declined"
        case .changeRefused: "change_refused"
        case .outcomeUnknown: "outcome_unknown"
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
        case .noSubscription: "There is no subscription."
        case .alreadyCanceled: "The subscription has ended, or its end is scheduled already."
        case .notScheduled: "No end of a subscription is scheduled. One that has ended cannot be taken back: subscribe again."
        case .samePlan: "The subscription is to this plan already."
        case .cardDeclined: "The bank declined the payment, and nothing has changed. \(Self.portal) another card is given."
        case .changeRefused: "Stripe does not allow this change of the subscription as it is now. Nothing has changed."
        case .outcomeUnknown:
            "Stripe has not said whether it has done it. It is asked until it does; GET /api/payment/subscription-status shows the outcome."
        case .busy: "Too much happened at once; please try again in a moment."
        }
    }

    var field: String? {
        switch self {
        case .unknownPlan, .planUnavailable, .samePlan: "plan_id"
        case .redirectNotAllowed(let field): field
        case .unknownSession: "session_id"
        case .alreadySubscribed, .unpaidSubscription, .currencyMismatch, .noCustomer, .noSubscription, .alreadyCanceled, .notScheduled,
            .cardDeclined, .changeRefused, .outcomeUnknown, .busy:
            nil
        }
    }

    /// Whoever else is at work has finished by then.
    var retryAfter: Duration? {
        switch self {
        case .busy: .seconds(1)
        case .outcomeUnknown: .seconds(5)
        default: nil
        }
    }
}
