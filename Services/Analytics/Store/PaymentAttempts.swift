import Messages
import Messaging
import Postgres

/// The table `payment_attempts`: analytics' projection of checkout's.
enum PaymentAttempts {
    private static let trail = AuditedTable("payment_attempts", key: "attempt_id", of: "payment_attempt", hiding: ["version"])

    /// Keeps the newest version; an older or equal one changes nothing.
    static func record(_ told: PaymentAttemptFailed, in work: UnitOfWork) async throws {
        try await work.query(
            trail.change(
                "payment_attempt.heard", of: "attempt_id = \(told.attemptID)",
                by: """
                    INSERT INTO payment_attempts AS known (
                        attempt_id, version, payment_id, user_id, plan_id, amount, currency, failure_code, decline_code, attempt_number,
                        next_attempt_at, failed_at, recovered_at, stripe_invoice_id, stripe_subscription_id)
                    VALUES (\(told.attemptID), \(told.version), \(told.paymentID), \(told.userID), \(told.planID), \(told.amount),
                            \(told.currency), \(told.failureCode), \(told.declineCode), \(told.attemptNumber), \(told.nextAttemptAt),
                            \(told.failedAt), \(told.recoveredAt), \(told.stripeInvoiceID), \(told.stripeSubscriptionID))
                    ON CONFLICT (attempt_id) DO UPDATE
                    SET version = excluded.version, payment_id = excluded.payment_id, user_id = excluded.user_id, plan_id = excluded.plan_id,
                        amount = excluded.amount, currency = excluded.currency, failure_code = excluded.failure_code,
                        decline_code = excluded.decline_code, attempt_number = excluded.attempt_number,
                        next_attempt_at = excluded.next_attempt_at, failed_at = excluded.failed_at, recovered_at = excluded.recovered_at,
                        stripe_invoice_id = excluded.stripe_invoice_id, stripe_subscription_id = excluded.stripe_subscription_id,
                        updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known"))
    }
}
