import Foundation
import Messages
import Models
import Postgres

/// One collection of money, as stored.
struct PaymentRow: Sendable, Hashable {
    var id: PaymentID
    var version: Int64
    var userID: UserID?
    var paymentIntentID: PaymentIntentID?
    /// The charge that collected it.
    var chargeID: ChargeID?
    var invoiceID: InvoiceID?
    var sessionID: CheckoutSessionID?
    var subscriptionID: SubscriptionID?
    var customerID: CustomerID?
    var amount: Int64
    var amountRefunded: Int64
    /// The newest word of refund's about it.
    var refundsVersion: Int64
    var currency: String
    var status: PaymentStatus
    var method: String?
    var metadata: [String: String]
    var plan: Plan?
    /// Whether only the invoice has spoken of this money; an intent that is named then has not.
    var byInvoice: Bool
    /// Stripe's time of the word that amount, currency and metadata are from.
    var wordAt: Date
    /// The same of the method; a century less for the word of an intent, which counts where no charge has spoken. Nil while there is none.
    var methodAt: Date?
    /// When Stripe began to collect.
    var createdAt: Date
    /// When the money was collected.
    var paidAt: Date?
    var updatedAt: Date

    /// Every column that `init(row:)` reads.
    static let columns = Query(
        unsafe: """
            id, version, user_id, stripe_payment_intent_id, stripe_charge_id, stripe_invoice_id, stripe_checkout_session_id,
            stripe_subscription_id, stripe_customer_id, amount, amount_refunded, refunds_version, currency, status, payment_method, metadata, plan_id,
            by_invoice, word_at, method_at, created_at, paid_at, updated_at
            """)

    init(row: Row) throws {
        id = try row.get("id")
        version = try row.get("version")
        userID = try row.get("user_id")
        paymentIntentID = try row.get("stripe_payment_intent_id")
        chargeID = try row.get("stripe_charge_id")
        invoiceID = try row.get("stripe_invoice_id")
        sessionID = try row.get("stripe_checkout_session_id")
        subscriptionID = try row.get("stripe_subscription_id")
        customerID = try row.get("stripe_customer_id")
        amount = try row.get("amount")
        amountRefunded = try row.get("amount_refunded")
        refundsVersion = try row.get("refunds_version")
        currency = try row.get("currency")
        status = try row.get("status")
        method = try row.get("payment_method")
        metadata = try row.metadata()
        plan = try row.get("plan_id")
        byInvoice = try row.get("by_invoice")
        wordAt = try row.get("word_at")
        methodAt = try row.get("method_at")
        createdAt = try row.get("created_at")
        paidAt = try row.get("paid_at")
        updatedAt = try row.get("updated_at")
    }

    /// A row for what is first heard of a payment.
    init(first facts: PaymentUpdate) {
        id = ""
        version = 0
        userID = facts.userID
        paymentIntentID = facts.paymentIntentID
        chargeID = facts.chargeID
        invoiceID = facts.invoiceID
        sessionID = facts.sessionID
        subscriptionID = facts.subscriptionID
        customerID = facts.customerID
        amount = facts.amount
        amountRefunded = 0
        refundsVersion = 0
        currency = facts.currency
        status = facts.status
        method = facts.method
        metadata = facts.metadata ?? [:]
        plan = nil
        byInvoice = facts.paymentIntentID == nil
        wordAt = facts.at
        methodAt = facts.methodAt
        createdAt = facts.created
        paidAt = facts.paidAt
        updatedAt = facts.created
    }

    /// The payment after so much of it was given back, of which refund says that it is all there is by now.
    func givenBack(_ amount: Int64, version: Int64) -> PaymentRow {
        var row = self
        row.refundsVersion = version
        // More than was collected cannot be given back; refund has told an operator.
        row.amountRefunded = min(amount, self.amount)
        return row.withRefundStatus
    }

    /// The payment as what was given back makes it: all of it, or succeeded as before, also when a refund did not arrive.
    var withRefundStatus: PaymentRow {
        guard status.rank >= PaymentStatus.succeeded.rank else { return self }
        var row = self
        row.status = amount > 0 && amountRefunded >= amount ? .refunded : .succeeded
        return row
    }

    /// Whether nothing is said here but that `old` was said again, later.
    func isNoNews(after old: PaymentRow) -> Bool {
        var row = self
        (row.wordAt, row.methodAt) = (old.wordAt, old.methodAt)
        return row == old
    }

    /// What others are told.
    func recorded(mergedInto survivor: PaymentID? = nil) -> PaymentRecorded {
        PaymentRecorded(
            paymentID: id, version: version, userID: userID, amount: amount, amountRefunded: amountRefunded, currency: currency,
            status: status, paymentMethod: method, planID: plan?.rawValue, stripePaymentIntentID: paymentIntentID,
            stripeChargeID: chargeID, stripeInvoiceID: invoiceID, stripeSubscriptionID: subscriptionID, createdAt: createdAt,
            paidAt: paidAt, mergedInto: survivor)
    }
}
