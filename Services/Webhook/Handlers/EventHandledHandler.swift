import Messages
import Messaging

/// Subscribers have reported what they made of events.
struct EventHandledHandler: BatchHandler {
    func apply(_ reports: [Heard<EventHandled>], in work: UnitOfWork) async throws {
        let unknown = try await EventOutcomes.record(reports, in: work)
        guard unknown.isEmpty else {
            throw Undone(
                Dictionary(unknown.map { ($0.id, .reject(because: "there is no event \($0.message.stripeEventID)")) }) { first, _ in first }
            )
        }
    }
}
