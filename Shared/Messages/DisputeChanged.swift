package import Models

package import struct Foundation.Date

/// A dispute of a payment that is known here was opened or has changed: its present state. A verdict may turn, either way.
///
/// Published by refund; consumed by analytics.
package struct DisputeChanged: FixedMessage, Hashable {
    /// What Stripe calls it.
    package var stripeDisputeID: DisputeID
    /// Grows with every change of the dispute.
    package var version: Int64
    /// The payment.
    package var paymentID: PaymentID
    /// Whose it is; nil while unknown.
    package var userID: UserID?
    /// Minor units in dispute.
    package var amount: Int64
    /// Lower-case ISO code.
    package var currency: String
    /// fraudulent, product_not_received, …; an open set.
    package var reason: String
    /// needs_response, under_review, won, lost, …; an open set.
    package var status: String
    /// Whether the money is out of the account now; nil where Stripe does not say.
    package var isMoneyOut: Bool?
    /// Until when evidence can be sent; nil when none is wanted.
    package var evidenceDeadline: Date?
    /// When it was opened.
    package var disputedAt: Date

    package init(
        stripeDisputeID: DisputeID, version: Int64, paymentID: PaymentID, userID: UserID?, amount: Int64, currency: String, reason: String,
        status: String, isMoneyOut: Bool?, evidenceDeadline: Date?, disputedAt: Date
    ) {
        self.stripeDisputeID = stripeDisputeID
        self.version = version
        self.paymentID = paymentID
        self.userID = userID
        self.amount = amount
        self.currency = currency
        self.reason = reason
        self.status = status
        self.isMoneyOut = isMoneyOut
        self.evidenceDeadline = evidenceDeadline
        self.disputedAt = disputedAt
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "dispute.changed.v1"
    /// The dispute.
    package var subject: String? { stripeDisputeID.rawValue }
}
