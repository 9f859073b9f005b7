import Messages
import Messaging
import Postgres

/// The table `payment_attempts`: analytics' projection of checkout's.
enum PaymentAttempts {
    private static let trail = AuditedTable("payment_attempts", key: "attempt_id", of: "payment_attempt", hiding: ["version"])

    /// Keeps the newest version of each; an older or equal one changes nothing.
    static func record(_ messages: [Heard<PaymentAttemptFailed>], in work: UnitOfWork) async throws {
        let heard = messages.newest(by: \.attemptID, \.version)
        let attempts = heard.map(\.message)
        try await work.send(
            trail.change(
                "payment_attempt.heard", heard: heard.map { ($0.message.attemptID, $0.id) },
                by: """
                    INSERT INTO payment_attempts AS known (
                        attempt_id, version, payment_id, user_id, plan_id, amount, currency, failure_code, decline_code, attempt_number,
                        next_attempt_at, failed_at, recovered_at, stripe_invoice_id, stripe_subscription_id)
                    SELECT * FROM unnest(
                        \(attempts.map(\.attemptID)), \(attempts.map(\.version)), \(attempts.map(\.paymentID)), \(attempts.map(\.userID)),
                        \(attempts.map(\.planID)), \(attempts.map(\.amount)), \(attempts.map(\.currency)), \(attempts.map(\.failureCode)),
                        \(attempts.map(\.declineCode)), \(attempts.map(\.attemptNumber)), \(attempts.map(\.nextAttemptAt)),
                        \(attempts.map(\.failedAt)), \(attempts.map(\.recoveredAt)), \(attempts.map(\.stripeInvoiceID)),
                        \(attempts.map(\.stripeSubscriptionID)))
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
