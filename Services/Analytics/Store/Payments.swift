import Messages
import Messaging
import Postgres

/// The table `payments`: analytics' projection of checkout's payments. Those with `merged_into` are another's money and do not count.
enum Payments {
    private static let trail = AuditedTable("payments", key: "payment_id", of: "payment", hiding: ["version"])

    /// Keeps the newest version; an older or equal one changes nothing.
    static func record(_ payment: PaymentRecorded, in work: UnitOfWork) async throws {
        try await work.query(
            trail.change(
                "payment.heard", of: "payment_id = \(payment.paymentID)",
                by: """
                    INSERT INTO payments AS known (payment_id, version, user_id, amount, amount_refunded, currency, status, payment_method,
                                                   plan_id, paid_at, merged_into)
                    VALUES (\(payment.paymentID), \(payment.version), \(payment.userID), \(payment.amount), \(payment.amountRefunded),
                            \(payment.currency), \(payment.status), \(payment.paymentMethod), \(payment.planID), \(payment.paidAt ?? payment.createdAt),
                            \(payment.mergedInto))
                    ON CONFLICT (payment_id) DO UPDATE
                    SET version = excluded.version, user_id = excluded.user_id, amount = excluded.amount,
                        amount_refunded = excluded.amount_refunded, currency = excluded.currency, status = excluded.status,
                        payment_method = excluded.payment_method, plan_id = excluded.plan_id, paid_at = excluded.paid_at,
                        merged_into = excluded.merged_into, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known"))
    }
}
