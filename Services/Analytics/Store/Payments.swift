import Messages
import Messaging
import Models
import Postgres

/// The table `payments`: analytics' projection of checkout's payments. Those with `merged_into` are another's money and do not count.
enum Payments {
    private static let trail = AuditedTable("payments", key: "payment_id", of: "payment", hiding: ["version", "dated_at"])

    /// Keeps the newest version of each; an older one changes nothing.
    static func record(_ messages: [Heard<PaymentRecorded>], in work: UnitOfWork) async throws {
        let heard = messages.newest(by: \.paymentID.rawValue, \.version)
        let payments = heard.map(\.message)
        try await work.send(
            trail.change(
                "payment.heard", heard: heard.map { ($0.message.paymentID.rawValue, $0.id) },
                by: """
                    INSERT INTO payments AS known (
                        payment_id, version, user_id, amount, amount_refunded, currency, status, payment_method, plan_id,
                        stripe_payment_intent_id, stripe_charge_id, stripe_invoice_id, stripe_subscription_id, created_at, paid_at, merged_into)
                    SELECT * FROM unnest(
                        \(payments.map(\.paymentID)), \(payments.map(\.version)), \(payments.map(\.userID)), \(payments.map(\.amount)),
                        \(payments.map(\.amountRefunded)), \(payments.map(\.currency)), \(payments.map(\.status.rawValue)),
                        \(payments.map(\.paymentMethod)), \(payments.map(\.planID)), \(payments.map(\.stripePaymentIntentID)),
                        \(payments.map(\.stripeChargeID)), \(payments.map(\.stripeInvoiceID)), \(payments.map(\.stripeSubscriptionID)),
                        \(payments.map(\.createdAt)), \(payments.map(\.paidAt)), \(payments.map(\.mergedInto)))
                    ON CONFLICT (payment_id) DO UPDATE
                    SET version = excluded.version, user_id = excluded.user_id, amount = excluded.amount,
                        amount_refunded = excluded.amount_refunded, currency = excluded.currency, status = excluded.status,
                        payment_method = excluded.payment_method, plan_id = excluded.plan_id,
                        stripe_payment_intent_id = excluded.stripe_payment_intent_id, stripe_charge_id = excluded.stripe_charge_id,
                        stripe_invoice_id = excluded.stripe_invoice_id, stripe_subscription_id = excluded.stripe_subscription_id,
                        created_at = excluded.created_at, paid_at = excluded.paid_at, merged_into = excluded.merged_into, updated_at = now()
                    WHERE known.version <= excluded.version
                    """, calling: "known"))
    }
}
