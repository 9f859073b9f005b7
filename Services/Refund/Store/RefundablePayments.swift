import Messages
import Messaging
import Models
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
        guard payment.mergedInto == nil, let intent = payment.stripePaymentIntentID else { return }
        try await adopt(payment.paymentID, of: payment.userID, intent, in: work)
    }

    /// A refund or dispute may have been heard of before its payment, or before anybody knew whose it is.
    private static func adopt(_ payment: PaymentID, of user: UserID?, _ intent: PaymentIntentID, in work: UnitOfWork) async throws {
        for table in ["refunds", "payment_disputes"] {
            try await work.query(
                """
                UPDATE \(unsafe: table) SET payment_id = \(payment), user_id = coalesce(\(user), user_id), updated_at = now()
                WHERE stripe_payment_intent_id = \(intent)
                  AND (payment_id IS DISTINCT FROM \(payment) OR user_id IS DISTINCT FROM coalesce(\(user), user_id))
                """)
        }
    }
}
