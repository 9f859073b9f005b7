import HTTPTypes
import ServiceKit

/// The rules of refund that a request can break.
enum RefundRefusal: Refusal, Hashable {
    case unknownPayment
    case unknownRequest
    case unknownRefund
    case unknownDispute
    case windowOver(days: Int)
    case alreadyRequested
    case alreadyRefunded
    /// Nothing was collected that could be given back.
    case notCollected
    /// Nobody knows whose the payment is; it might be the admin's own.
    case ownerUnknown
    /// The bank has the money, or is deciding who gets it.
    case disputed
    /// Stripe does not give this charge back; its own words.
    case stripeRefuses(String)
    case exceedsRefundable(rest: Int64, currency: String)
    /// Stripe has less left than is known here, and does not say how much.
    case stripeHasLess
    case alreadyProcessed
    case approverIsRequester
    case keyRequired
    /// It is known what became of the refund, or Stripe may still tell.
    case refundNotUndecided
    /// The bank wants no answer, or none any more; why.
    case evidenceLocked(String)
    case answerUnderWay
    /// Stripe does not take the answer; its own words.
    case answerRefused(String)
    /// Others kept changing what the request is about, round after round.
    case busy

    var status: HTTPResponse.Status {
        switch self {
        case .unknownPayment, .unknownRequest, .unknownRefund, .unknownDispute: .notFound
        case .alreadyRequested, .alreadyRefunded, .notCollected, .ownerUnknown, .disputed, .stripeRefuses, .alreadyProcessed,
            .refundNotUndecided,
            .evidenceLocked,
            .answerUnderWay:
            .conflict
        case .windowOver, .exceedsRefundable, .stripeHasLess, .answerRefused: .unprocessableContent
        case .approverIsRequester: .forbidden
        case .keyRequired: .badRequest
        case .busy: .serviceUnavailable
        }
    }

    var code: String {
        switch self {
        case .unknownPayment, .unknownRequest, .unknownRefund, .unknownDispute: "not_found"
        case .windowOver: "refund_window_over"
        case .alreadyRequested: "refund_already_requested"
        case .alreadyRefunded: "already_refunded"
        case .notCollected, .ownerUnknown, .disputed, .stripeRefuses: "payment_not_refundable"
        case .exceedsRefundable, .stripeHasLess: "amount_exceeds_refundable"
        case .alreadyProcessed: "already_processed"
        case .approverIsRequester: "approver_is_requester"
        case .keyRequired: "idempotency_key_required"
        case .refundNotUndecided: "refund_not_undecided"
        case .evidenceLocked: "evidence_locked"
        case .answerUnderWay: "answer_under_way"
        case .answerRefused: "answer_refused"
        case .busy: "busy"
        }
    }

    var message: String {
        switch self {
        case .unknownPayment: "There is no such payment."
        case .unknownRequest: "There is no such refund request."
        case .unknownRefund: "There is no such refund."
        case .unknownDispute: "There is no such dispute."
        case .windowOver(days: 0): "Refunds cannot be requested here."
        case .windowOver(let days): "A refund can be requested for \(days) days after the payment; they are over."
        case .alreadyRequested: "A refund of this payment has been requested and is being looked at."
        case .alreadyRefunded: "All of this payment has been given back, or is on its way."
        case .notCollected: "This payment was not collected, or not through Stripe; there is nothing to give back."
        case .ownerUnknown: "It is not known yet whose payment this is."
        case .disputed: "The bank holds this payment because of a dispute; what is in dispute cannot be refunded."
        case .stripeRefuses(let words): "Stripe does not give this payment back: \(words)"
        case .exceedsRefundable(let rest, let currency): "Of this payment \(rest) (\(currency), minor units) can still be given back."
        case .stripeHasLess: "At Stripe less than that is left of this payment; look at it again."
        case .alreadyProcessed: "This request has been decided."
        case .approverIsRequester: "Nobody decides about a refund of their own payment."
        case .keyRequired: "A direct refund needs an Idempotency-Key, so that asking twice gives one refund."
        case .refundNotUndecided: "It is known what became of this refund, or Stripe may still tell: 24 hours are waited for that."
        case .evidenceLocked(let why): "The answer to this dispute cannot be changed: \(why)."
        case .answerUnderWay: "An answer to this dispute is on its way; what becomes of it is shown with the dispute."
        case .answerRefused(let words): "Stripe does not take this answer: \(words)"
        case .busy: "Too much happened at once; please try again in a moment."
        }
    }

    var field: String? {
        switch self {
        case .unknownPayment: "payment_id"
        case .unknownRequest, .alreadyProcessed: "refund_request_id"
        case .unknownRefund, .refundNotUndecided: "refund_id"
        case .exceedsRefundable, .stripeHasLess: "amount"
        case .keyRequired: "Idempotency-Key"
        case .answerRefused: "evidence"
        default: nil
        }
    }

    /// Whoever else is at work has finished by then.
    var retryAfter: Duration? { self == .busy ? .seconds(1) : nil }
}
