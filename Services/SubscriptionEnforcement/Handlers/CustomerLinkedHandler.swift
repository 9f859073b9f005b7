import Messages
import Messaging

/// A customer is known to be a user: whatever was heard of the customer before is looked at now. Of whom nothing was
/// heard there is nothing to look at: somebody who has just been made at Stripe has no subscription yet.
struct CustomerLinkedHandler: MessageHandler {
    let wake: WakeSignal

    func apply(_ link: CustomerLinked, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await AccessClaims.begin(link.userID, in: work)
        guard try await Hints.link(link.stripeCustomerID, to: link.userID, in: work) else { return .done }
        try await AccessClaims.request([link.userID], in: work)
        work.afterCommit(wake.raise)
        return .done
    }
}
