import Messages
import Messaging

/// Enforcement has decided who may run a VM; customers see it as `entitled`.
struct AccessChangedHandler: BatchHandler {
    func apply(_ changes: [Heard<AccessChanged>], in work: UnitOfWork) async throws {
        try await Access.record(changes, in: work)
    }
}
