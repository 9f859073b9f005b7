import Logging
import Messaging

/// The janitor: carries on with every order of which nobody knows what became, those first whose turn it is.
struct FinishChanges: Sendable {
    let send: SendChange
    let logger: Logger

    /// At a time, side by side; those that are due then have the next turn.
    private static let most = 10
    private static let patience = Duration.seconds(20)

    func callAsFunction() async throws {
        let send = send.until(.now + Self.patience)
        let due = try await SubscriptionChanges.claimDue(limit: Self.most, in: send.catchUp.outbox.pool)
        await withDiscardingTaskGroup { group in
            for change in due {
                group.addTask {
                    do {
                        _ = try await send(change)
                    } catch is CheckoutRefusal {
                        // Refused, and kept as such.
                    } catch {
                        logger.warning(
                            "what a customer ordered could not be finished", metadata: ["change": "\(change.id)", "error": "\(error)"])
                    }
                }
            }
        }
    }
}
