import Messages
import Messaging
import Postgres

/// The tables `payments` and `merged_payments`: analytics' projection of checkout's payments.
enum Payments {
    /// Keeps the newest version; an older or equal one changes nothing, and a payment that was merged is gone for good.
    static func record(_ payment: PaymentRecorded, in work: UnitOfWork) async throws {
        if let survivor = payment.mergedInto {
            try await work.query(
                """
                INSERT INTO merged_payments (payment_id, merged_into) VALUES (\(payment.paymentID), \(survivor))
                ON CONFLICT (payment_id) DO NOTHING
                """)
            try await work.query("DELETE FROM payments WHERE payment_id = \(payment.paymentID)")
            return
        }
        try await work.query(
            """
            INSERT INTO payments AS known (payment_id, version, user_id, amount, amount_refunded, currency, status, payment_method,
                                           plan_id, paid_at)
            SELECT \(payment.paymentID), \(payment.version), \(payment.userID), \(payment.amount), \(payment.amountRefunded),
                   \(payment.currency), \(payment.status), \(payment.paymentMethod), \(payment.planID), \(payment.createdAt)
            WHERE NOT EXISTS (SELECT 1 FROM merged_payments WHERE payment_id = \(payment.paymentID))
            ON CONFLICT (payment_id) DO UPDATE
            SET version = excluded.version, user_id = excluded.user_id, amount = excluded.amount,
                amount_refunded = excluded.amount_refunded, currency = excluded.currency, status = excluded.status,
                payment_method = excluded.payment_method, plan_id = excluded.plan_id, paid_at = excluded.paid_at, updated_at = now()
            WHERE known.version < excluded.version
            """)
    }
}
