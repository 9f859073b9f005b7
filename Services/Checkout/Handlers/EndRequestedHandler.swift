import Messages
import Messaging
import Models
import Postgres
import Stripe

/// A subscription is to end whose payment was taken back: it is ended at Stripe, and what follows from that comes with Stripe's events.
struct EndRequestedHandler: MessageHandler {
    let pool: PostgresPool
    let stripe: StripeClient

    /// The subscription is not known yet, or not to be theirs.
    private struct NotTheirs: Error, CustomStringConvertible {
        let description: String
    }

    /// Ends it. A row says so before Stripe is asked; asking twice does no harm, since Stripe ends a subscription once.
    func prepare(_ end: SubscriptionEndRequested) async throws {
        // Events overtake each other: the subscription may be heard of later.
        guard try await Subscriptions.owner(of: end.subscriptionID, in: pool) == end.userID else {
            throw NotTheirs(description: "no subscription \(end.subscriptionID) of \(end.userID) is known")
        }
        if try await SubscriptionEnds.request(end, in: pool) { _ = try await stripe.cancelSubscription(end.subscriptionID) }
    }

    func apply(_ end: SubscriptionEndRequested, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await SubscriptionEnds.done(end.subscriptionID, in: work)
        return .done
    }
}
