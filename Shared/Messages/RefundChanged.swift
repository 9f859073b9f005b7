package import Models

package import struct Foundation.Date

/// A refund of a payment that is known here was made or has changed, whoever made it: its present state, and what has been given back of the
/// payment altogether.
///
/// Published by refund; consumed by checkout, which shows customers what was given back, and by analytics. All amounts are absolute.
package struct RefundChanged: FixedMessage, Hashable {
    /// The refund, as this system calls it.
    package var refundID: OwnRefundID
    /// Grows with every change of any refund of the payment; of two messages about one payment, or one refund, the higher holds.
    package var version: Int64
    /// The payment.
    package var paymentID: PaymentID
    /// Whose it is; nil while unknown.
    package var userID: UserID?
    /// What Stripe calls it; nil while Stripe has not told.
    package var stripeRefundID: RefundID?
    /// The request that it answers; nil where nobody asked here.
    package var refundRequestID: RefundRequestID?
    /// Minor units of this refund.
    package var amount: Int64
    /// Lower-case ISO code.
    package var currency: String
    /// pending, requires_action, succeeded, failed or canceled as Stripe says it; unknown while Stripe has not told.
    package var status: String
    /// duplicate, fraudulent, requested_by_customer, …
    package var reason: String?
    /// When Stripe made it; before that, when it was decided.
    package var refundedAt: Date
    /// Minor units of the payment that were given back, or are on their way: every refund at Stripe that has not failed.
    package var paymentAmountRefunded: Int64

    package init(
        refundID: OwnRefundID, version: Int64, paymentID: PaymentID, userID: UserID?, stripeRefundID: RefundID?,
        refundRequestID: RefundRequestID?, amount: Int64, currency: String, status: String, reason: String?, refundedAt: Date,
        paymentAmountRefunded: Int64
    ) {
        self.refundID = refundID
        self.version = version
        self.paymentID = paymentID
        self.userID = userID
        self.stripeRefundID = stripeRefundID
        self.refundRequestID = refundRequestID
        self.amount = amount
        self.currency = currency
        self.status = status
        self.reason = reason
        self.refundedAt = refundedAt
        self.paymentAmountRefunded = paymentAmountRefunded
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "refund.changed.v1"
    /// The payment.
    package var subject: String? { paymentID.rawValue }
}
