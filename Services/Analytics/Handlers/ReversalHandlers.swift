import Messages
import Messaging

/// Money was given back, or did not arrive: it counts as it is now.
struct RefundChangedHandler: MessageHandler {
    func apply(_ refund: RefundChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Reversals.record(refund, in: work)
        return .done
    }
}

/// A bank objects to a payment, or has decided about it.
struct DisputeChangedHandler: MessageHandler {
    func apply(_ dispute: DisputeChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Reversals.record(dispute, in: work)
        return .done
    }
}

/// A service has passed over one of Stripe's lists.
struct ReconciliationFinishedHandler: MessageHandler {
    func apply(_ pass: ReconciliationFinished, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await StripeTotals.record(pass, in: work)
        return .done
    }
}
