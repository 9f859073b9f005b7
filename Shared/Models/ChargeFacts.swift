package import struct Foundation.Date

/// What is used of Stripe's charge, free of API versions: one attempt to take money.
package struct ChargeFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: ChargeID
    /// The intent that it belongs to.
    package var paymentIntentID: PaymentIntentID?
    /// Who pays.
    package var customerID: CustomerID?
    /// The invoice: sent until 2025-03-31 only.
    package var invoiceID: InvoiceID?
    /// succeeded, pending or failed; an open set.
    package var status: String
    /// Lower-case ISO code.
    package var currency: String
    /// Minor units asked for.
    package var amount: Int64
    /// Minor units taken: less than `amount` where only a part was captured; nil where Stripe does not say.
    package var amountCaptured: Int64?
    /// False while the money is only reserved; nil where Stripe does not say.
    package var isCaptured: Bool?
    /// Minor units given back so far.
    package var amountRefunded: Int64
    /// Why it failed, where it did.
    package var failure: PaymentFailure?
    /// card, sepa_debit, ….
    package var paymentMethodType: String?
    /// What whoever made it, or its intent, wrote on it; see `StripeMetadata`.
    package var metadata: [String: String]?
    /// When it was created at Stripe.
    package var created: Date

    package init(
        id: ChargeID, paymentIntentID: PaymentIntentID? = nil, customerID: CustomerID? = nil, invoiceID: InvoiceID? = nil,
        status: String, currency: String, amount: Int64, amountCaptured: Int64? = nil, isCaptured: Bool? = nil,
        amountRefunded: Int64 = 0, failure: PaymentFailure? = nil, paymentMethodType: String? = nil, metadata: [String: String]? = nil,
        created: Date
    ) {
        self.id = id
        self.paymentIntentID = paymentIntentID
        self.customerID = customerID
        self.invoiceID = invoiceID
        self.status = status
        self.currency = currency
        self.amount = amount
        self.amountCaptured = amountCaptured
        self.isCaptured = isCaptured
        self.amountRefunded = amountRefunded
        self.failure = failure
        self.paymentMethodType = paymentMethodType
        self.metadata = metadata
        self.created = created
    }
}
