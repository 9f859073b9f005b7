import Messages
import Messaging

/// Enforcement has decided who may run a VM; customers see it as `entitled`.
struct AccessChangedHandler: MessageHandler {
    func apply(_ change: AccessChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Access.record(change, in: work)
        return .done
    }
}
