import Foundation
import Models

/// Something heard about one collection of money, whatever said it.
struct PaymentUpdate: Sendable, Hashable {
    var paymentIntentID: PaymentIntentID?
    /// The charge that collected it.
    var chargeID: ChargeID?
    var invoiceID: InvoiceID?
    var sessionID: CheckoutSessionID?
    var subscriptionID: SubscriptionID?
    var customerID: CustomerID?
    var userID: UserID?
    var amount: Int64
    var currency: String
    var status: PaymentStatus
    /// The type of the method that was charged, and when that was said.
    var method: String?
    var methodAt: Date?
    var metadata: [String: String]?
    /// When Stripe began to collect.
    var created: Date
    /// Stripe's time of the word: of two about the same state the later one counts.
    var at: Date
    /// When the money was collected.
    var paidAt: Date?

    /// Of a charge and its intent in one second, the intent counts; only on the method a charge counts before any intent, however old: it alone
    /// was paid with. Times that are moved by these say so.
    private static let precedence: TimeInterval = 0.5
    private static let yielding: TimeInterval = -100 * 365 * 86_400

    /// What a payment intent says. Statuses before the first attempt (requires_payment_method and its kin) say nothing yet, unless an attempt
    /// has failed. `paidAt` is the time of the event that told of the success, if it was that.
    init(_ intent: PaymentIntentFacts, at time: Date, paidAt success: Date? = nil) {
        status =
            switch intent.status {
            case "succeeded": .succeeded
            case "canceled": .canceled
            case "processing", "requires_capture": .pending
            default: intent.lastFailure == nil ? .pending : .failed
            }
        let isCollected = status == .succeeded
        paymentIntentID = intent.id
        chargeID = isCollected ? intent.latestChargeID : nil
        invoiceID = intent.invoiceID
        customerID = intent.customerID
        amount = isCollected ? intent.amountReceived : intent.amount
        currency = intent.currency
        method = intent.paymentMethodType
        metadata = intent.metadata
        created = intent.created
        at = time.addingTimeInterval(Self.precedence)
        // Read with its charge, an intent says what the charge says.
        if method != nil { methodAt = intent.chargedAt == nil ? time.addingTimeInterval(Self.yielding) : time }
        paidAt = isCollected ? success ?? intent.chargedAt : nil
    }

    /// What a charge says of its collection; nil for statuses that nobody knows. One that was only authorized has collected nothing.
    init?(_ charge: ChargeFacts, at time: Date, paidAt success: Date? = nil) {
        switch charge.status {
        case "succeeded": status = charge.isCaptured == false ? .pending : .succeeded
        case "failed": status = .failed
        case "pending": status = .pending
        default: return nil
        }
        let isCollected = status == .succeeded
        paymentIntentID = charge.paymentIntentID
        chargeID = isCollected ? charge.id : nil
        invoiceID = charge.invoiceID
        customerID = charge.customerID
        amount = isCollected ? charge.amountCaptured ?? charge.amount : charge.amount
        currency = charge.currency
        method = charge.paymentMethodType
        metadata = charge.metadata
        created = charge.created
        at = time
        if method != nil { methodAt = time }
        paidAt = isCollected ? success ?? charge.created : nil
    }

    /// What a settled invoice says; nil while it is not settled or when no money was due: invoices of zero are no payments. It names no
    /// intent: which one has paid is for the intents to say.
    init?(paid invoice: InvoiceFacts, at time: Date) {
        guard invoice.isPaid, invoice.amountPaid > 0 else { return nil }
        status = .succeeded
        invoiceID = invoice.id
        subscriptionID = invoice.subscriptionID
        customerID = invoice.customerID
        amount = invoice.amountPaid
        currency = invoice.currency
        metadata = invoice.metadata
        created = invoice.created
        at = invoice.paidAt ?? time
        paidAt = invoice.paidAt
    }
}

extension PaymentRow {
    /// The row after also hearing `update`: the word of the highest state. Any order of the same updates gives the same row. Statuses join
    /// upwards. Amount, currency, metadata and method come from words about the highest status alone, of several from the latest; a word that
    /// names no method leaves that to the others. Names and ids are filled in from any. Which row carries the invoice is the group's to say.
    func hearing(_ update: PaymentUpdate) -> PaymentRow {
        var row = self
        row.status = status.joined(update.status)
        if update.status.rank > collection.rank {
            row.take(update)
            (row.method, row.methodAt) = (update.method, update.methodAt)
        } else if update.status == collection {
            if (wordAt, amount, currency) < (update.at, update.amount, update.currency) { row.take(update) }
            if let method = update.method, let at = update.methodAt, (methodAt ?? .distantPast, self.method ?? "") < (at, method) {
                (row.method, row.methodAt) = (method, at)
            }
        }
        row.chargeID = chargeID ?? update.chargeID
        row.paidAt = latest(paidAt, update.paidAt)
        row.userID = userID ?? update.userID
        row.sessionID = sessionID ?? update.sessionID
        row.subscriptionID = subscriptionID ?? update.subscriptionID
        row.customerID = customerID ?? update.customerID
        row.createdAt = min(createdAt, update.created)
        return row.withRefundStatus
    }

    /// How far the collection has come; that the money was given back later is no word of the collection's.
    private var collection: PaymentStatus { status == .refunded ? .succeeded : status }

    private mutating func take(_ update: PaymentUpdate) {
        amount = max(update.amount, amountRefunded)
        currency = update.currency
        metadata = update.metadata ?? [:]
        wordAt = update.at
    }
}
