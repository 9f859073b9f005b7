import Messages
import Messaging
import Models
import Stripe

/// Checkout has recorded payments: refunds can be asked for them.
struct PaymentRecordedHandler: BatchHandler {
    let stripe: StripeClient
    let alerts: Alerts

    func apply(_ heard: [Heard<PaymentRecorded>], in work: UnitOfWork) async throws {
        let payments = heard.newest(by: \.paymentID.rawValue, \.version)
        // Only what was collected can go back.
        let paidFor = payments.map(\.message).filter { $0.status == .succeeded }.compactMap(\.stripeSubscriptionID)
        try await Duplicates.lock(paidFor, in: work)
        try await RecordPayments(work: work, alerts: alerts, now: stripe.time)(payments)
        for duplicate in try await Duplicates.among(paidFor, in: work) {
            try await GiveBackDuplicates(work: work, alerts: alerts, now: stripe.time)(duplicate)
        }
    }
}
