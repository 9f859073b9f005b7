package import struct Foundation.Date

/// What is used of Stripe's payment intent, free of API versions.
package struct PaymentIntentFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: PaymentIntentID
    /// Who pays; nil for a guest.
    package var customerID: CustomerID?
    /// `metadata.user_id`.
    package var userID: UserID?
    /// The invoice that it collects: sent until 2025-03-31 only.
    package var invoiceID: InvoiceID?
    /// requires_payment_method, processing, succeeded, canceled, …; an open set.
    package var status: String
    /// Lower-case ISO code.
    package var currency: String
    /// Minor units asked for.
    package var amount: Int64
    /// Minor units collected.
    package var amountReceived: Int64
    /// card, sepa_debit, …: the type of the method that was charged, where it is said; never what was merely allowed.
    package var paymentMethodType: String?
    /// The newest charge.
    package var latestChargeID: ChargeID?
    /// Why the newest attempt failed.
    package var lastFailure: PaymentFailure?
    /// When the charge that paid it was made, where the intent was read together with it. A method that takes days is charged long before
    /// the money is there: the event of the success knows the time better.
    package var chargedAt: Date?
    /// When the charge was made that the bank has not answered yet, where the intent was read together with it.
    package var pendingSince: Date?
    /// What whoever made it wrote on it; see `StripeMetadata`.
    package var metadata: [String: String]?
    /// When it was created at Stripe.
    package var created: Date

    package init(
        id: PaymentIntentID, customerID: CustomerID? = nil, userID: UserID? = nil, invoiceID: InvoiceID? = nil, status: String,
        currency: String, amount: Int64, amountReceived: Int64 = 0, paymentMethodType: String? = nil,
        latestChargeID: ChargeID? = nil, lastFailure: PaymentFailure? = nil, chargedAt: Date? = nil,
        pendingSince: Date? = nil, metadata: [String: String]? = nil, created: Date
    ) {
        self.id = id
        self.customerID = customerID
        self.userID = userID
        self.invoiceID = invoiceID
        self.status = status
        self.currency = currency
        self.amount = amount
        self.amountReceived = amountReceived
        self.paymentMethodType = paymentMethodType
        self.latestChargeID = latestChargeID
        self.lastFailure = lastFailure
        self.chargedAt = chargedAt
        self.pendingSince = pendingSince
        self.metadata = metadata
        self.created = created
    }
}

/// Why an attempt to collect money failed: `last_payment_error` without anything personal (no name, address, e-mail or card).
package struct PaymentFailure: Codable, Sendable, Hashable {
    /// The charge that failed; nil when none was made.
    package var chargeID: ChargeID?
    /// `code`, such as card_declined; an open set.
    package var code: String?
    /// The bank's reason, such as insufficient_funds.
    package var declineCode: String?
    /// Stripe's sentence for the customer.
    package var message: String?
    /// The method that was tried (`pm_…`).
    package var paymentMethodID: String?
    /// Its type.
    package var paymentMethodType: String?

    package init(
        chargeID: ChargeID? = nil, code: String? = nil, declineCode: String? = nil, message: String? = nil,
        paymentMethodID: String? = nil, paymentMethodType: String? = nil
    ) {
        self.chargeID = chargeID
        self.code = code
        self.declineCode = declineCode
        self.message = message
        self.paymentMethodID = paymentMethodID
        self.paymentMethodType = paymentMethodType
    }
}
