package import struct Foundation.Date

/// What is used of Stripe's refund, free of API versions.
package struct RefundFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: RefundID
    /// The charge that is given back; nil for refunds that have none.
    package var chargeID: ChargeID?
    /// The intent that the charge belongs to.
    package var paymentIntentID: PaymentIntentID?
    /// Lower-case ISO code.
    package var currency: String
    /// Minor units.
    package var amount: Int64
    /// pending, requires_action, succeeded, failed or canceled; an open set. A refund that succeeded can still fail.
    package var status: String
    /// duplicate, fraudulent, requested_by_customer, …; nil when nobody gave one.
    package var reason: String?
    /// Why it failed, where it did.
    package var failureReason: String?
    /// `metadata.refund_id`: what this system calls it; nil for refunds that were made elsewhere. Anybody who writes to the account can put
    /// anything there.
    package var ownID: OwnRefundID?
    /// When it was created at Stripe.
    package var created: Date

    package init(
        id: RefundID, chargeID: ChargeID? = nil, paymentIntentID: PaymentIntentID? = nil, currency: String, amount: Int64,
        status: String, reason: String? = nil, failureReason: String? = nil, ownID: OwnRefundID? = nil, created: Date
    ) {
        self.id = id
        self.chargeID = chargeID
        self.paymentIntentID = paymentIntentID
        self.currency = currency
        self.amount = amount
        self.status = status
        self.reason = reason
        self.failureReason = failureReason
        self.ownID = ownID
        self.created = created
    }
}
