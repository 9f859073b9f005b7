import Messages
import Messaging

/// Checkout knows a subscription, be it from a page that was paid on or from Stripe's lists. Where nothing was heard of it here its user is looked
/// at: the events of its beginning may never come, and of whoever is off nobody else reminds us.
struct SubscriptionChangedHandler: MessageHandler {
    let wake: WakeSignal

    func apply(_ told: SubscriptionChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        guard told.endedAt == nil, try await !Hints.knows(told.subscriptionID, in: work) else { return .done }
        try await AccessClaims.request([told.userID], in: work)
        work.afterCommit(wake.raise)
        return .done
    }
}
