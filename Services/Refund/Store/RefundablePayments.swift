import Messages
import Messaging
import Models
import Postgres

/// The table `refundable_payments`: refund's projection of checkout's payments.
enum RefundablePayments {
    /// Keeps others from recording anything about this intent until the transaction ends: else a refund and its payment, recorded at the
    /// same time, would not see each other and never be joined.
    static func lock(_ intent: PaymentIntentID, in work: UnitOfWork) async throws {
        try await work.query("SELECT pg_advisory_xact_lock(hashtextextended(\(intent), 0))")
    }

    /// SQL for the one payment that an intent is, and its user; no row while it is not known.
    static func payment(of intent: PaymentIntentID?) -> Query {
        """
        SELECT payment_id, user_id FROM refundable_payments
        WHERE stripe_payment_intent_id = \(intent) AND merged_into IS NULL ORDER BY payment_id LIMIT 1
        """
    }

    /// Keeps the newest version; an older or equal one changes nothing.
    static func record(_ payment: PaymentRecorded, in work: UnitOfWork) async throws {
        if let intent = payment.stripePaymentIntentID { try await lock(intent, in: work) }
        let changed =
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
                """
            ).affectedRows == 1
        if changed, let intent = payment.stripePaymentIntentID { try await adopt(intent, in: work) }
    }

    /// Gives the refunds and disputes of an intent to the payment that it is. They may have been heard of before their payment, before
    /// anybody knew whose it is, or while it was still another payment that has been merged since.
    private static func adopt(_ intent: PaymentIntentID, in work: UnitOfWork) async throws {
        for table in ["refunds", "payment_disputes"] {
            try await work.query(
                """
                UPDATE \(unsafe: table) AS child
                SET payment_id = payment.payment_id, user_id = coalesce(payment.user_id, child.user_id), updated_at = now()
                FROM (\(query: payment(of: intent))) AS payment
                WHERE child.stripe_payment_intent_id = \(intent)
                  AND (child.payment_id IS DISTINCT FROM payment.payment_id
                       OR child.user_id IS DISTINCT FROM coalesce(payment.user_id, child.user_id))
                """)
        }
    }
}
