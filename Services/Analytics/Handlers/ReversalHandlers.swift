import Messages
import Messaging

/// Money was given back, or did not arrive: it counts as it is now.
struct RefundChangedHandler: BatchHandler {
    func apply(_ refunds: [Heard<RefundChanged>], in work: UnitOfWork) async throws {
        try await Reversals.record(refunds, in: work)
    }
}

/// Banks object to payments, or have decided about them.
struct DisputeChangedHandler: BatchHandler {
    func apply(_ disputes: [Heard<DisputeChanged>], in work: UnitOfWork) async throws {
        try await Reversals.record(disputes, in: work)
    }
}
