package import Models

/// A Stripe customer is known to be a certain user. Checkout alone decides that, once, and it never changes.
///
/// Published by checkout; consumed by enforcement.
package struct CustomerLinked: FixedMessage, Hashable {
    /// The user.
    package var userID: UserID
    /// Stripe's customer.
    package var stripeCustomerID: CustomerID

    package init(userID: UserID, stripeCustomerID: CustomerID) {
        self.userID = userID
        self.stripeCustomerID = stripeCustomerID
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "customer.linked.v1"
    /// The user.
    package var subject: String? { userID.rawValue }
}
