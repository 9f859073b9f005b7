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
    /// Minor units.
    package var amount: Int64
    /// Minor units given back so far.
    package var amountRefunded: Int64
    /// Why it failed, where it did.
    package var failure: PaymentFailure?
    /// card, sepa_debit, ….
    package var paymentMethodType: String?
    /// When it was created at Stripe.
    package var created: Date

    /// Names every field.
    package init(
        id: ChargeID, paymentIntentID: PaymentIntentID? = nil, customerID: CustomerID? = nil, invoiceID: InvoiceID? = nil,
        status: String, currency: String, amount: Int64, amountRefunded: Int64 = 0, failure: PaymentFailure? = nil,
        paymentMethodType: String? = nil, created: Date
    ) {
        self.id = id
        self.paymentIntentID = paymentIntentID
        self.customerID = customerID
        self.invoiceID = invoiceID
        self.status = status
        self.currency = currency
        self.amount = amount
        self.amountRefunded = amountRefunded
        self.failure = failure
        self.paymentMethodType = paymentMethodType
        self.created = created
    }
}
