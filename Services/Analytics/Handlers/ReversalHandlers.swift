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

/// A service has passed over one of Stripe's lists.
struct ReconciliationFinishedHandler: MessageHandler {
    func apply(_ pass: ReconciliationFinished, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await StripeTotals.record(pass, in: work)
        return .done
    }
}
