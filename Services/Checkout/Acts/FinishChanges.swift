import Foundation
import Logging
import Messaging
import Stripe

/// The janitor: carries on with every order of which nobody knows what became, those first whose turn it is.
struct FinishChanges: Sendable {
    let send: SendChange
    let logger: Logger

    /// At a time, side by side; those that are due then have the next turn.
    private static let most = 10
    private static let patience = Duration.seconds(20)
    /// What is not known after so long somebody has to look at.
    private static let longest: TimeInterval = 900
    static let alert = Alert(
        "subscription_change_undecided", remedy: "See at Stripe whether the order took effect; it is asked for again by itself.")

    func callAsFunction() async throws {
        let send = send.until(send.catchUp.stripe.instant + Self.patience)
        let due = try await SubscriptionChanges.claimDue(limit: Self.most, in: send.catchUp.outbox.pool)
        await withDiscardingTaskGroup { group in
            for change in due {
                group.addTask {
                    do {
                        do { _ = try await send(change) } catch is CheckoutRefusal {}
                        try await send.alerts.clear(Self.alert, about: change.id)
                    } catch {
                        if send.catchUp.stripe.time.timeIntervalSince(change.createdAt) > Self.longest {
                            try? await send.alerts.raise(
                                Self.alert, about: change.id, "Stripe has not told for long what became of what a customer ordered.")
                        }
                        logger.warning(
                            "what a customer ordered could not be finished", metadata: ["change": "\(change.id)", "error": "\(error)"])
                    }
                }
            }
        }
    }
}
