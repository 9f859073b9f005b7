import Foundation
import Models
import Stripe

/// A customer's request as it is answered: R in the API.
struct RequestAnswer: Encodable, Sendable {
    private let row: RequestRow

    init(_ row: RequestRow) { self.row = row }

    private enum CodingKeys: CodingKey {
        case id, paymentID, userID, amount, currency, reason, status, adminUserID, adminReason, createdAt, updatedAt
    }

    /// Writes every field, null where there is nothing.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(row.id, forKey: .id)
        try container.encode(row.paymentID, forKey: .paymentID)
        try container.encode(row.userID, forKey: .userID)
        try container.encode(row.amount, forKey: .amount)
        try container.encode(row.currency, forKey: .currency)
        try container.encode(row.reason, forKey: .reason)
        try container.encode(row.status, forKey: .status)
        try container.encode(row.adminUserID, forKey: .adminUserID)
        try container.encode(row.adminReason, forKey: .adminReason)
        try container.encode(row.createdAt, forKey: .createdAt)
        try container.encode(row.updatedAt, forKey: .updatedAt)
    }
}

/// A refund as admins see it.
struct RefundAnswer: Encodable, Sendable {
    private let row: RefundRow

    init(_ row: RefundRow) { self.row = row }

    private enum CodingKeys: CodingKey {
        case id, paymentID, userID, refundRequestID, stripeRefundID, amount, currency, reason, status, failureReason, adminUserID
        case adminReason, createdAt, updatedAt
    }

    /// Writes every field, null where there is nothing. One that is reserved is on its way, as one that Stripe calls pending.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(row.id, forKey: .id)
        try container.encode(row.paymentID, forKey: .paymentID)
        try container.encode(row.userID, forKey: .userID)
        try container.encode(row.requestID, forKey: .refundRequestID)
        try container.encode(row.stripeID, forKey: .stripeRefundID)
        try container.encode(row.amount, forKey: .amount)
        try container.encode(row.currency, forKey: .currency)
        try container.encode(row.reason, forKey: .reason)
        try container.encode(row.status == "reserved" ? "pending" : row.status, forKey: .status)
        try container.encode(row.failureReason, forKey: .failureReason)
        try container.encode(row.adminUserID, forKey: .adminUserID)
        try container.encode(row.adminReason, forKey: .adminReason)
        try container.encode(row.createdAt, forKey: .createdAt)
        try container.encode(row.updatedAt, forKey: .updatedAt)
    }
}

/// A payment as far as refunds and disputes are about it.
struct RefundablePaymentAnswer: Encodable, Sendable {
    let id: PaymentID
    let userID: UserID?
    let amount: Int64
    let currency: String
    let status: String
    let refundableAmount: Int64
    let paidAt: Date
    let subscriptionID: SubscriptionID?
    let stripePaymentIntentID: PaymentIntentID?
    let stripeChargeID: ChargeID?

    init(_ payment: RefundablePayment) {
        id = payment.id
        userID = payment.userID
        amount = payment.amount
        currency = payment.currency
        status = payment.status
        refundableAmount = payment.rest
        paidAt = payment.paidAt
        subscriptionID = payment.subscriptionID
        stripePaymentIntentID = payment.collectedBy.intent
        stripeChargeID = payment.collectedBy.charge
    }
}

/// A dispute as admins see it.
struct DisputeAnswer: Encodable, Sendable {
    private let row: DisputeRow
    private let payment: RefundablePayment?
    private let now: Date

    /// `now` is Stripe's time, by which the hours are counted that are left.
    init(_ row: DisputeRow, of payment: RefundablePayment?, at now: Date) {
        self.row = row
        self.payment = payment
        self.now = now
    }

    private enum CodingKeys: CodingKey {
        case id, stripeDisputeID, stripeChargeID, paymentID, userID, amount, currency, reason, status, needsResponse, evidenceDeadline
        case hoursLeft, submissionCount, submissionMethod, isMoneyOut, locked, disputedAt, updatedAt, payment
    }

    /// Writes every field, null where there is nothing. `locked` says why no answer is taken.
    func encode(to encoder: any Encoder) throws {
        let dispute = row.facts
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(dispute.id, forKey: .id)
        try container.encode(dispute.id, forKey: .stripeDisputeID)
        try container.encode(dispute.chargeID, forKey: .stripeChargeID)
        try container.encode(row.paymentID, forKey: .paymentID)
        try container.encode(row.userID, forKey: .userID)
        try container.encode(dispute.amount, forKey: .amount)
        try container.encode(dispute.currency, forKey: .currency)
        try container.encode(dispute.reason, forKey: .reason)
        try container.encode(dispute.status, forKey: .status)
        try container.encode(dispute.needsResponse, forKey: .needsResponse)
        try container.encode(dispute.evidenceDueBy, forKey: .evidenceDeadline)
        try container.encode(hoursLeft, forKey: .hoursLeft)
        try container.encode(dispute.submissionCount, forKey: .submissionCount)
        try container.encode(dispute.submissionMethod, forKey: .submissionMethod)
        try container.encode(dispute.isMoneyOut, forKey: .isMoneyOut)
        try container.encode(dispute.lock(at: now), forKey: .locked)
        try container.encode(dispute.created, forKey: .disputedAt)
        try container.encode(row.updatedAt, forKey: .updatedAt)
        try container.encode(payment.map(RefundablePaymentAnswer.init), forKey: .payment)
    }

    /// Whole hours until the bank takes no more evidence, never below zero; nil where it waits for none.
    private var hoursLeft: Int? {
        guard row.facts.needsResponse, let end = row.facts.evidenceDueBy else { return nil }
        return max(0, Int(end.timeIntervalSince(now) / 3600))
    }
}
