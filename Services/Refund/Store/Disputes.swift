import Postgres
import Messaging
import Models

/// The table `payment_disputes`.
enum Disputes {
    /// Keeps the furthest state, whatever comes first: an inquiry may become a dispute; a dispute waits for evidence, then for a
    /// decision, and is decided for good.
    static func record(_ dispute: DisputeFacts, in work: UnitOfWork) async throws {
        if let intent = dispute.paymentIntentID { try await RefundablePayments.lock(intent, in: work) }
        try await work.query(
            """
            INSERT INTO payment_disputes AS known (stripe_dispute_id, stripe_charge_id, stripe_payment_intent_id, payment_id, user_id,
                                                   amount, currency, reason, status, evidence_deadline, progress, disputed_at)
            SELECT \(dispute.id), \(dispute.chargeID), \(dispute.paymentIntentID), payment.payment_id, payment.user_id, \(dispute.amount),
                   \(dispute.currency), \(dispute.reason), \(dispute.status), \(dispute.evidenceDueBy), \(dispute.progress),
                   \(dispute.created)
            FROM (SELECT) AS one LEFT JOIN (\(query: RefundablePayments.payment(of: dispute.paymentIntentID))) AS payment ON true
            ON CONFLICT (stripe_dispute_id) DO UPDATE
            SET status = excluded.status, reason = excluded.reason, amount = excluded.amount, progress = excluded.progress,
                evidence_deadline = excluded.evidence_deadline, updated_at = now()
            WHERE known.progress < excluded.progress
            """)
    }
}

extension DisputeFacts {
    /// How far it has come; a status that nobody knows yet counts as open.
    var progress: Int32 {
        switch status {
        case "won", "lost", "prevented": 6
        case "under_review": 5
        case "warning_closed": 3
        case "warning_under_review": 2
        case "warning_needs_response": 1
        default: 4
        }
    }
}
