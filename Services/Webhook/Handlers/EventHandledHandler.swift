import Messages
import Messaging

/// A subscriber has reported what it made of an event.
struct EventHandledHandler: MessageHandler {
    func apply(_ report: EventHandled, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await EventOutcomes.record(report, in: work) ? .done : .reject(because: "there is no event \(report.stripeEventID)")
    }
}
