import Messages
import Messaging
import Stripe

/// Checkout has recorded a payment: refunds can be asked for it.
struct PaymentRecordedHandler: MessageHandler {
    let stripe: StripeClient
    let alerts: Alerts

    func apply(_ payment: PaymentRecorded, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await RecordPayment(work: work, alerts: alerts, now: stripe.time)(payment)
        return .done
    }
}
