package import Models

/// A consumer is done with one of Stripe's events, or has given it up.
///
/// Published by checkout, refund and enforcement in the transaction that did the work; consumed by webhook, which calls an event processed
/// once every subscriber of its type has reported success.
package struct EventHandled: FixedMessage, Hashable {
    /// What became of the event.
    package enum Outcome: String, Codable, Sendable {
        /// Its effect is committed.
        case handled
        /// It concerns nobody here.
        case ignored
        /// It could not be handled and waits for an admin.
        case failed
    }

    /// Stripe's event.
    package var stripeEventID: EventID
    /// Who reports.
    package var service: ServiceName
    /// What became of it.
    package var outcome: Outcome
    /// Why it failed or was ignored.
    package var error: String?
    /// The user it turned out to concern.
    package var userID: UserID?

    package init(stripeEventID: EventID, service: ServiceName, outcome: Outcome, error: String? = nil, userID: UserID? = nil) {
        self.stripeEventID = stripeEventID
        self.service = service
        self.outcome = outcome
        self.error = error
        self.userID = userID
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "event.handled.v1"
    /// Stripe's event.
    package var subject: String? { stripeEventID.rawValue }
}
