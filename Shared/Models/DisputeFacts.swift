package import struct Foundation.Date

/// What is used of Stripe's dispute, free of API versions: a customer's bank takes a charge back, or asks about it first.
package struct DisputeFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: DisputeID
    /// The charge that is disputed.
    package var chargeID: ChargeID
    /// The intent that the charge belongs to.
    package var paymentIntentID: PaymentIntentID?
    /// Lower-case ISO code.
    package var currency: String
    /// Minor units.
    package var amount: Int64
    /// fraudulent, product_not_received, …; an open set.
    package var reason: String
    /// needs_response, under_review, won, lost, and the same with `warning_` for inquiries; an open set.
    package var status: String
    /// Until when evidence can be sent; nil when none is wanted, which Stripe also writes as 0.
    package var evidenceDueBy: Date?
    /// When it was created at Stripe.
    package var created: Date

    package init(
        id: DisputeID, chargeID: ChargeID, paymentIntentID: PaymentIntentID? = nil, currency: String, amount: Int64, reason: String,
        status: String, evidenceDueBy: Date? = nil, created: Date
    ) {
        self.id = id
        self.chargeID = chargeID
        self.paymentIntentID = paymentIntentID
        self.currency = currency
        self.amount = amount
        self.reason = reason
        self.status = status
        self.evidenceDueBy = evidenceDueBy
        self.created = created
    }
}
