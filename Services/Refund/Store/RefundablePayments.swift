import Messages
import Messaging
import Postgres

/// The table `refundable_payments`: refund's projection of checkout's payments.
enum RefundablePayments {
    /// Keeps the newest version; an older or equal one changes nothing.
    static func record(_ payment: PaymentRecorded, in work: UnitOfWork) async throws {
        try await work.query(
            """
            INSERT INTO refundable_payments AS known (payment_id, version, user_id, stripe_payment_intent_id, amount, amount_refunded,
                                                      currency, status, paid_at, merged_into)
            VALUES (\(payment.paymentID), \(payment.version), \(payment.userID), \(payment.stripePaymentIntentID), \(payment.amount),
                    \(payment.amountRefunded), \(payment.currency), \(payment.status), \(payment.createdAt), \(payment.mergedInto))
            ON CONFLICT (payment_id) DO UPDATE
            SET version = excluded.version, user_id = excluded.user_id, amount = excluded.amount,
                stripe_payment_intent_id = excluded.stripe_payment_intent_id, amount_refunded = excluded.amount_refunded,
                currency = excluded.currency, status = excluded.status, paid_at = excluded.paid_at,
                merged_into = excluded.merged_into, updated_at = now()
            WHERE known.version < excluded.version
            """)
    }
}
