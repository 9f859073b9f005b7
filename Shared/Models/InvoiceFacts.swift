package import struct Foundation.Date

/// What is used of Stripe's invoice, free of API versions.
package struct InvoiceFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: InvoiceID
    /// Who owes it.
    package var customerID: CustomerID?
    /// The subscription that it bills, if any.
    package var subscriptionID: SubscriptionID?
    /// `user_id` of the subscription's metadata as copied to the invoice.
    package var userID: UserID?
    /// draft, open, paid, uncollectible or void; an open set.
    package var status: String?
    /// subscription_create, subscription_cycle, …; an open set.
    package var billingReason: String?
    /// charge_automatically, or send_invoice: mailed, for the customer to pay; an open set.
    package var collectionMethod: String?
    /// Until when a mailed one is to be paid.
    package var dueDate: Date?
    /// Until when the subscription lasts that it bills: the latest end among its lines for it, credits apart.
    package var serviceEnd: Date?
    /// Lower-case ISO code.
    package var currency: String
    /// Minor units.
    package var amountDue: Int64
    /// Minor units collected, by Stripe or outside.
    package var amountPaid: Int64
    /// How often Stripe has tried to collect it.
    package var attemptCount: Int
    /// When it will try again; nil when it will not.
    package var nextPaymentAttempt: Date?
    /// Stripe's page on which it can be paid, open to whoever has the address; nil for a draft.
    package var hostedURL: String?
    /// The intent that collects it: sent with the invoice until 2025-03-31, afterwards known from invoice payments only.
    package var paymentIntentID: PaymentIntentID?
    /// The latest charge: sent until 2025-03-31 only.
    package var chargeID: ChargeID?
    /// The price that says most of what it bills: of a line that charges for a subscription, the newest first; credits last.
    package var priceID: PriceID?
    /// The prices of its other lines, in the same order; nil where there are none.
    package var otherPriceIDs: [PriceID]?
    /// Whether the merchant was paid outside Stripe.
    package var paidOutOfBand: Bool
    /// When it was settled, where it is: `status_transitions.paid_at`.
    package var paidAt: Date?
    /// The subscription's metadata as copied to the invoice, else the invoice's own; see `StripeMetadata`.
    package var metadata: [String: String]?
    /// When it was created at Stripe.
    package var created: Date

    package init(
        id: InvoiceID, customerID: CustomerID? = nil, subscriptionID: SubscriptionID? = nil, userID: UserID? = nil,
        status: String? = nil, billingReason: String? = nil, collectionMethod: String? = nil, dueDate: Date? = nil,
        serviceEnd: Date? = nil, currency: String, amountDue: Int64 = 0, amountPaid: Int64 = 0,
        attemptCount: Int = 0, nextPaymentAttempt: Date? = nil, hostedURL: String? = nil,
        paymentIntentID: PaymentIntentID? = nil, chargeID: ChargeID? = nil,
        priceID: PriceID? = nil, otherPriceIDs: [PriceID]? = nil, paidOutOfBand: Bool = false, paidAt: Date? = nil,
        metadata: [String: String]? = nil, created: Date
    ) {
        self.id = id
        self.customerID = customerID
        self.subscriptionID = subscriptionID
        self.userID = userID
        self.status = status
        self.billingReason = billingReason
        self.collectionMethod = collectionMethod
        self.dueDate = dueDate
        self.serviceEnd = serviceEnd
        self.currency = currency
        self.amountDue = amountDue
        self.amountPaid = amountPaid
        self.attemptCount = attemptCount
        self.nextPaymentAttempt = nextPaymentAttempt
        self.hostedURL = hostedURL
        self.paymentIntentID = paymentIntentID
        self.chargeID = chargeID
        self.priceID = priceID
        self.otherPriceIDs = otherPriceIDs
        self.paidOutOfBand = paidOutOfBand
        self.paidAt = paidAt
        self.metadata = metadata
        self.created = created
    }

    /// The prices of all its lines, those first that say most of what it bills.
    package var prices: [PriceID] { [priceID].compactMap(\.self) + (otherPriceIDs ?? []) }

    /// The plan that checkout opened its subscription for.
    package var openedFor: Plan? { metadata?["plan_id"].flatMap(Plan.init(rawValue:)) }

    /// Whether Stripe regards it as settled.
    package var isPaid: Bool { status == "paid" }

    /// Whether it waits for the customer to pay it, and is never charged by itself.
    package var isMailed: Bool { collectionMethod == "send_invoice" }
}

/// What is used of Stripe's invoice payment: the join between an invoice and the intent that collects it.
package struct InvoicePaymentFacts: Codable, Sendable, Hashable {
    /// Stripe's id (`inpay_…`).
    package var id: String
    /// The invoice that is paid.
    package var invoiceID: InvoiceID
    /// The intent that pays it; nil for other kinds of payment.
    package var paymentIntentID: PaymentIntentID?
    /// The charge that pays it, where there is no intent.
    package var chargeID: ChargeID?
    /// open, paid or canceled; an open set.
    package var status: String
    /// Minor units, once paid.
    package var amountPaid: Int64?
    /// Lower-case ISO code.
    package var currency: String

    package init(
        id: String, invoiceID: InvoiceID, paymentIntentID: PaymentIntentID?, chargeID: ChargeID? = nil, status: String,
        amountPaid: Int64?, currency: String
    ) {
        self.id = id
        self.invoiceID = invoiceID
        self.paymentIntentID = paymentIntentID
        self.chargeID = chargeID
        self.status = status
        self.amountPaid = amountPaid
        self.currency = currency
    }
}
