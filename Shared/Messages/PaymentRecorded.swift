package import Models

package import struct Foundation.Date

/// A payment was recorded or has changed: its whole present state.
///
/// Published by checkout; consumed by refund and analytics, which keep the state of the highest `version` and ignore the rest.
package struct PaymentRecorded: FixedMessage, Hashable {
    /// The payment.
    package var paymentID: PaymentID
    /// Grows with every change of this payment.
    package var version: Int64
    /// Whose it is; nil while unknown.
    package var userID: UserID?
    /// Minor units.
    package var amount: Int64
    /// Minor units given back so far.
    package var amountRefunded: Int64
    /// Lower-case ISO code.
    package var currency: String
    /// How far it has come.
    package var status: PaymentStatus
    /// card, sepa_debit, ….
    package var paymentMethod: String?
    /// The plan that it pays for; nil for one-time payments.
    package var planID: String?
    /// Stripe's intent, where known.
    package var stripePaymentIntentID: PaymentIntentID?
    /// The charge that collected it, where known.
    package var stripeChargeID: ChargeID?
    /// Stripe's invoice, where there is one.
    package var stripeInvoiceID: InvoiceID?
    /// Stripe's subscription, where there is one.
    package var stripeSubscriptionID: SubscriptionID?
    /// When the collection began.
    package var createdAt: Date
    /// When the money was collected, by Stripe's word; nil while it was not, or where Stripe has not said.
    package var paidAt: Date?
    /// Set when this payment turned out to be the same collection of money as another: that one has everything, this one is gone.
    package var mergedInto: PaymentID?

    package init(
        paymentID: PaymentID, version: Int64, userID: UserID?, amount: Int64, amountRefunded: Int64, currency: String,
        status: PaymentStatus, paymentMethod: String?, planID: String?, stripePaymentIntentID: PaymentIntentID?,
        stripeChargeID: ChargeID? = nil, stripeInvoiceID: InvoiceID?, stripeSubscriptionID: SubscriptionID?, createdAt: Date,
        paidAt: Date? = nil, mergedInto: PaymentID? = nil
    ) {
        self.paymentID = paymentID
        self.version = version
        self.userID = userID
        self.amount = amount
        self.amountRefunded = amountRefunded
        self.currency = currency
        self.status = status
        self.paymentMethod = paymentMethod
        self.planID = planID
        self.stripePaymentIntentID = stripePaymentIntentID
        self.stripeChargeID = stripeChargeID
        self.stripeInvoiceID = stripeInvoiceID
        self.stripeSubscriptionID = stripeSubscriptionID
        self.createdAt = createdAt
        self.paidAt = paidAt
        self.mergedInto = mergedInto
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "payment.recorded.v1"
    /// What counts is the highest version.
    package static let isWholeState = true
    /// The payment.
    package var subject: String? { paymentID.rawValue }
}
