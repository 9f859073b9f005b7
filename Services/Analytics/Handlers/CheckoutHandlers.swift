import Messages
import Messaging

/// Checkout has recorded a payment: it counts.
struct PaymentRecordedHandler: MessageHandler {
    func apply(_ payment: PaymentRecorded, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Payments.record(payment, in: work)
        return .done
    }
}

/// A subscription to a plan is another than before: it counts as it is now.
struct SubscriptionChangedHandler: MessageHandler {
    func apply(_ subscription: SubscriptionChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Subscriptions.record(subscription, in: work)
        return .done
    }
}

/// A charge failed, or more is known of one that did.
struct PaymentAttemptFailedHandler: MessageHandler {
    func apply(_ attempt: PaymentAttemptFailed, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await PaymentAttempts.record(attempt, in: work)
        return .done
    }
}
