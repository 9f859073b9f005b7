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
    /// How often evidence was handed to the bank; nil where Stripe does not say.
    package var submissionCount: Int64?
    /// `manual`, `smart_disputes` or `not_submitted`: who answered the bank, told since 2026-10-28; an open set.
    package var submissionMethod: String?
    /// Whether the money is out of the account now: what was withdrawn less what was reinstated; nil where Stripe does not say.
    package var isMoneyOut: Bool?
    /// When it was created at Stripe.
    package var created: Date

    package init(
        id: DisputeID, chargeID: ChargeID, paymentIntentID: PaymentIntentID? = nil, currency: String, amount: Int64, reason: String,
        status: String, evidenceDueBy: Date? = nil, submissionCount: Int64? = nil, submissionMethod: String? = nil, isMoneyOut: Bool? = nil,
        created: Date
    ) {
        self.id = id
        self.chargeID = chargeID
        self.paymentIntentID = paymentIntentID
        self.currency = currency
        self.amount = amount
        self.reason = reason
        self.status = status
        self.evidenceDueBy = evidenceDueBy
        self.submissionCount = submissionCount
        self.submissionMethod = submissionMethod
        self.isMoneyOut = isMoneyOut
        self.created = created
    }
}

extension DisputeFacts {
    /// Whether the bank waits for an answer of the seller's (Stripe's API reference, "The Dispute object"; appeals since 2026-09-30).
    package var needsResponse: Bool { Self.needsResponse.contains(status) }

    /// The statuses in which the bank waits for an answer.
    package static let needsResponse: Set<String> = ["needs_response", "warning_needs_response", "appeal_needs_response"]

    /// The statuses in which the bank holds the money, or has taken it: Stripe refunds no such charge (`charge_disputed`). An inquiry, whose
    /// statuses begin with `warning_`, holds nothing.
    package static let holdingMoney: Set<String> = [
        "needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review",
    ]
}
