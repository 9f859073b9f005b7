import Messages
import Messaging

/// Checkout has recorded payments: they count as they are now.
struct PaymentRecordedHandler: BatchHandler {
    func apply(_ payments: [Heard<PaymentRecorded>], in work: UnitOfWork) async throws {
        try await Payments.record(payments, in: work)
    }
}

/// Subscriptions to plans are others than before: what changed when counts.
struct SubscriptionChangedHandler: BatchHandler {
    func apply(_ states: [Heard<SubscriptionChanged>], in work: UnitOfWork) async throws {
        try await Subscriptions.record(states, in: work)
    }
}

/// Charges failed, or more is known of some that did.
struct PaymentAttemptFailedHandler: BatchHandler {
    func apply(_ attempts: [Heard<PaymentAttemptFailed>], in work: UnitOfWork) async throws {
        try await PaymentAttempts.record(attempts, in: work)
    }
}
