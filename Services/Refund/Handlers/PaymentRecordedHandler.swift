import Messages
import Messaging
import Models
import Stripe

/// Checkout has recorded a payment: refunds can be asked for it.
struct PaymentRecordedHandler: MessageHandler {
    let stripe: StripeClient
    let alerts: Alerts

    func apply(_ payment: PaymentRecorded, _: Void, in work: UnitOfWork) async throws -> Outcome {
        // Only what was collected can go back.
        let paidFor = payment.status == .succeeded ? payment.stripeSubscriptionID : nil
        if let paidFor { try await Duplicates.lock(paidFor, in: work) }
        try await RecordPayment(work: work, alerts: alerts, now: stripe.time)(payment)
        if let paidFor { try await GiveBackDuplicates(work: work, alerts: alerts, now: stripe.time)(paidFor) }
        return .done
    }
}
