package import Models

/// A subscription is to end at Stripe now: the payment of its present period was taken back, and whoever is off must not be charged on.
///
/// Published by enforcement, which only reads at Stripe; consumed by checkout, which cancels.
package struct SubscriptionEndRequested: FixedMessage, Hashable {
    /// Whose it is.
    package var userID: UserID
    /// Which one.
    package var subscriptionID: SubscriptionID
    /// `dispute_lost` or `full_refund`; an open set.
    package var why: String
    /// The invoice whose payment was taken back, where one was.
    package var invoiceID: InvoiceID?
    /// The payment, where the publisher knows our name for it.
    package var paymentID: PaymentID?

    package init(
        userID: UserID, subscriptionID: SubscriptionID, why: String, invoiceID: InvoiceID? = nil, paymentID: PaymentID? = nil
    ) {
        self.userID = userID
        self.subscriptionID = subscriptionID
        self.why = why
        self.invoiceID = invoiceID
        self.paymentID = paymentID
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "subscription.end_requested.v1"
    /// The subscription.
    package var subject: String? { subscriptionID.rawValue }
}
