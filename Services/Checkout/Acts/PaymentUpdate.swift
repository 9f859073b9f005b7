import Foundation
import Models

/// Something heard about one collection of money, whatever said it.
struct PaymentUpdate: Sendable, Hashable {
    var paymentIntentID: PaymentIntentID?
    var invoiceID: InvoiceID?
    var sessionID: CheckoutSessionID?
    var subscriptionID: SubscriptionID?
    var customerID: CustomerID?
    var userID: UserID?
    var amount: Int64
    var currency: String
    var status: PaymentStatus
    var method: String?
    var plan: Plan?
    var created: Date
    /// Whether the amount is the intent's own word, which counts before its charge's.
    var isIntentsWord = false

    /// What a payment intent says. Statuses before the first attempt (requires_payment_method and its kin) say nothing yet, unless an
    /// attempt has failed.
    init(_ intent: PaymentIntentFacts) {
        status =
            switch intent.status {
            case "succeeded": .succeeded
            case "canceled": .canceled
            case "processing", "requires_capture": .pending
            default: intent.lastFailure == nil ? .pending : .failed
            }
        paymentIntentID = intent.id
        invoiceID = intent.invoiceID
        customerID = intent.customerID
        amount = status == .succeeded ? intent.amountReceived : intent.amount
        currency = intent.currency
        method = intent.paymentMethodType
        created = intent.created
        isIntentsWord = true
    }

    /// What a failed charge says of its intent; nil for a charge without one (it belongs to no collection that is kept here).
    init?(failed charge: ChargeFacts) {
        guard let intent = charge.paymentIntentID else { return nil }
        status = .failed
        paymentIntentID = intent
        invoiceID = charge.invoiceID
        customerID = charge.customerID
        amount = charge.amount
        currency = charge.currency
        method = charge.paymentMethodType
        created = charge.created
    }

    /// What a settled invoice says; nil while it is not settled or when no money was due: invoices of zero are no payments. It names no
    /// intent: which one has paid is for the intents to say.
    init?(paid invoice: InvoiceFacts, plan: Plan?) {
        guard invoice.isPaid, invoice.amountPaid > 0 else { return nil }
        status = .succeeded
        invoiceID = invoice.id
        subscriptionID = invoice.subscriptionID
        customerID = invoice.customerID
        amount = invoice.amountPaid
        currency = invoice.currency
        self.plan = plan
        created = invoice.created
    }
}

extension PaymentRow {
    /// The row after also hearing `update`. Any order of the same updates gives the same row: statuses join upwards, what was missing
    /// is filled in, and of two amounts the one that comes with the higher status counts, the intent's before its charge's. Which row
    /// carries the invoice is the group's to say.
    func hearing(_ update: PaymentUpdate) -> PaymentRow {
        var row = self
        row.status = status.joined(update.status)
        let outranked = update.status.rank > status.rank
        let ownWord = update.status.rank == status.rank && update.isIntentsWord
        if outranked || ownWord { row.amount = max(update.amount, amountRefunded) }
        row.userID = userID ?? update.userID
        row.sessionID = sessionID ?? update.sessionID
        row.subscriptionID = subscriptionID ?? update.subscriptionID
        row.customerID = customerID ?? update.customerID
        row.method = method ?? update.method
        row.plan = plan ?? update.plan
        row.createdAt = min(createdAt, update.created)
        return row
    }
}
