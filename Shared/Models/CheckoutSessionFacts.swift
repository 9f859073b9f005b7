package import struct Foundation.Date

/// What is used of Stripe's checkout session, free of API versions.
package struct CheckoutSessionFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: CheckoutSessionID
    /// subscription, payment or setup.
    package var mode: String
    /// open, complete or expired; an open set.
    package var status: String?
    /// paid, unpaid or no_payment_required; an open set.
    package var paymentStatus: String?
    /// Who pays; nil until a guest has paid.
    package var customerID: CustomerID?
    /// `metadata.user_id`. Never `client_reference_id`: anybody can write that into a Payment Link's address (Stripe, "Customize checkout for
    /// Payment Links": URL parameters), and affiliate tools put ids of their own there.
    package var userID: UserID?
    /// `metadata.installation`: which installation of this system opened it; nil where that is not said.
    package var installation: String?
    /// `metadata.plan_id`.
    package var plan: Plan?
    /// The subscription that came of it.
    package var subscriptionID: SubscriptionID?
    /// The intent, in payment mode.
    package var paymentIntentID: PaymentIntentID?
    /// The invoice, in subscription mode.
    package var invoiceID: InvoiceID?
    /// Minor units.
    package var amountTotal: Int64?
    /// Lower-case ISO code.
    package var currency: String?
    /// Where the customer pays; nil once it is over.
    package var url: String?
    /// When Stripe lets it expire.
    package var expiresAt: Date?

    package init(
        id: CheckoutSessionID, mode: String, status: String? = nil, paymentStatus: String? = nil, customerID: CustomerID? = nil,
        userID: UserID? = nil, installation: String? = nil, plan: Plan? = nil, subscriptionID: SubscriptionID? = nil,
        paymentIntentID: PaymentIntentID? = nil,
        invoiceID: InvoiceID? = nil, amountTotal: Int64? = nil, currency: String? = nil, url: String? = nil, expiresAt: Date? = nil
    ) {
        self.id = id
        self.mode = mode
        self.status = status
        self.paymentStatus = paymentStatus
        self.customerID = customerID
        self.userID = userID
        self.installation = installation
        self.plan = plan
        self.subscriptionID = subscriptionID
        self.paymentIntentID = paymentIntentID
        self.invoiceID = invoiceID
        self.amountTotal = amountTotal
        self.currency = currency
        self.url = url
        self.expiresAt = expiresAt
    }
}
