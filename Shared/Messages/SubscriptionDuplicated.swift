package import Models

/// A user paid for a second subscription on a page of ours while one was running: the one that was paid for later has been cancelled.
///
/// Published by checkout; consumed by refund, which gives back what was paid for it.
package struct SubscriptionDuplicated: FixedMessage, Hashable {
    /// Whose they are.
    package var userID: UserID
    /// The one that stays.
    package var keptSubscriptionID: SubscriptionID
    /// The one that was cancelled.
    package var canceledSubscriptionID: SubscriptionID
    /// What was paid for it, where that is known by now: our name for it.
    package var paymentID: PaymentID?

    package init(
        userID: UserID, keptSubscriptionID: SubscriptionID, canceledSubscriptionID: SubscriptionID, paymentID: PaymentID? = nil
    ) {
        self.userID = userID
        self.keptSubscriptionID = keptSubscriptionID
        self.canceledSubscriptionID = canceledSubscriptionID
        self.paymentID = paymentID
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "subscription.duplicated.v1"
    /// The one that was cancelled.
    package var subject: String? { canceledSubscriptionID.rawValue }
}
