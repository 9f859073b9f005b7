package import Models

package import struct Foundation.Date

/// A charge failed, or more has become known of one that did: the attempt's whole present state.
///
/// Published by checkout; consumed by analytics, which keeps the state of the highest `version` and ignores the rest.
package struct PaymentAttemptFailed: FixedMessage, Hashable {
    /// The charge that failed, else the event that told of the failure.
    package var attemptID: String
    /// Grows with every change of this attempt.
    package var version: Int64
    /// What was to be collected.
    package var paymentID: PaymentID
    /// Whose payment it is; nil while unknown.
    package var userID: UserID?
    /// The plan that it was for.
    package var planID: String?
    /// Minor units.
    package var amount: Int64
    /// Lower-case ISO code.
    package var currency: String
    /// Stripe's code, such as card_declined.
    package var failureCode: String?
    /// The bank's reason behind it.
    package var declineCode: String?
    /// Which try it was of its invoice, by Stripe's count; nil where no invoice tells.
    package var attemptNumber: Int64?
    /// When Stripe tries again; nil when it does not, or has not told.
    package var nextAttemptAt: Date?
    /// When it failed.
    package var failedAt: Date
    /// When a later try collected the money; nil while none has.
    package var recoveredAt: Date?
    /// Stripe's intent.
    package var stripePaymentIntentID: PaymentIntentID
    /// Stripe's invoice, where there is one.
    package var stripeInvoiceID: InvoiceID?
    /// Stripe's subscription, where there is one.
    package var stripeSubscriptionID: SubscriptionID?

    package init(
        attemptID: String, version: Int64, paymentID: PaymentID, userID: UserID?, planID: String?, amount: Int64, currency: String,
        failureCode: String?, declineCode: String? = nil, attemptNumber: Int64? = nil, nextAttemptAt: Date? = nil, failedAt: Date,
        recoveredAt: Date? = nil, stripePaymentIntentID: PaymentIntentID, stripeInvoiceID: InvoiceID? = nil,
        stripeSubscriptionID: SubscriptionID? = nil
    ) {
        self.attemptID = attemptID
        self.version = version
        self.paymentID = paymentID
        self.userID = userID
        self.planID = planID
        self.amount = amount
        self.currency = currency
        self.failureCode = failureCode
        self.declineCode = declineCode
        self.attemptNumber = attemptNumber
        self.nextAttemptAt = nextAttemptAt
        self.failedAt = failedAt
        self.recoveredAt = recoveredAt
        self.stripePaymentIntentID = stripePaymentIntentID
        self.stripeInvoiceID = stripeInvoiceID
        self.stripeSubscriptionID = stripeSubscriptionID
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "payment.attempt_failed.v1"
    /// The attempt.
    package var subject: String? { attemptID }
}
