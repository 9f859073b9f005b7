import Messages
import Messaging
import Stripe

/// A subscription was paid for beside another and has been cancelled: its payment goes back.
struct SubscriptionDuplicatedHandler: MessageHandler {
    let stripe: StripeClient
    let alerts: Alerts

    func apply(_ duplicate: SubscriptionDuplicated, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Duplicates.lock([duplicate.canceledSubscriptionID], in: work)
        try await Duplicates.keep(duplicate, in: work)
        try await GiveBackDuplicates(work: work, alerts: alerts, now: stripe.time)(duplicate.canceledSubscriptionID)
        return .done
    }
}
