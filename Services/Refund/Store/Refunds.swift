import Postgres
import Messaging
import Models

/// The table `refunds`: every refund that Stripe knows, also those made in its dashboard.
enum Refunds {
    /// Keeps the furthest state, whatever comes first: a refund goes from pending over requires_action to succeeded, and from any of
    /// these to failed or canceled, never back.
    static func record(_ refund: RefundFacts, in work: UnitOfWork) async throws {
        if let intent = refund.paymentIntentID { try await RefundablePayments.lock(intent, in: work) }
        try await work.query(
            """
            INSERT INTO refunds AS known (stripe_refund_id, stripe_charge_id, stripe_payment_intent_id, payment_id, user_id, amount,
                                          currency, reason, status, failure_reason, progress, refunded_at)
            SELECT \(refund.id), \(refund.chargeID), \(refund.paymentIntentID), payment.payment_id, payment.user_id, \(refund.amount),
                   \(refund.currency), \(refund.reason), \(refund.status), \(refund.failureReason), \(refund.progress), \(refund.created)
            FROM (SELECT) AS one LEFT JOIN (\(query: RefundablePayments.payment(of: refund.paymentIntentID))) AS payment ON true
            ON CONFLICT (stripe_refund_id) DO UPDATE
            SET status = excluded.status, failure_reason = excluded.failure_reason, progress = excluded.progress,
                amount = excluded.amount, reason = coalesce(excluded.reason, known.reason), updated_at = now()
            WHERE known.progress < excluded.progress
            """)
    }
}

extension RefundFacts {
    /// How far it has come; a status that nobody knows yet counts as under way.
    var progress: Int32 {
        switch status {
        case "failed", "canceled": 3
        case "succeeded": 2
        case "requires_action": 1
        default: 0
        }
    }
}
