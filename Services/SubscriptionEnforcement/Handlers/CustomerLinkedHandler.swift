import Messages
import Messaging

/// A customer is known to be a user: whatever was heard of the customer before is looked at now.
struct CustomerLinkedHandler: MessageHandler {
    let wake: WakeSignal

    func apply(_ link: CustomerLinked, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Hints.link(link.stripeCustomerID, to: link.userID, in: work)
        try await AccessClaims.request([link.userID], in: work)
        work.afterCommit(wake.raise)
        return .done
    }
}
