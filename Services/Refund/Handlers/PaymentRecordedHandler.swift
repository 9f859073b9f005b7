import Messages
import Messaging
import Stripe

/// Checkout has recorded a payment: refunds can be asked for it.
struct PaymentRecordedHandler: MessageHandler {
    let stripe: StripeClient
    let alerts: Alerts

    func apply(_ payment: PaymentRecorded, _: Void, in work: UnitOfWork) async throws -> Outcome {
        if let subscription = payment.stripeSubscriptionID { try await Duplicates.lock(subscription, in: work) }
        try await RecordPayment(work: work, alerts: alerts, now: stripe.time)(payment)
        if let subscription = payment.stripeSubscriptionID { try await GiveBackDuplicates(work: work, alerts: alerts)(subscription) }
        return .done
    }
}
