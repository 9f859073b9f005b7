import Messaging
import Models
import Postgres
import ServiceKit

/// The table `payment_disputes`: payments that a customer's bank takes back or asks about. A verdict may turn, either way, and its amount
/// and deadline may change under the same status.
enum Disputes: SnapshotTable {
    static let table = "payment_disputes"
    static let key = "stripe_dispute_id"
    static let trail = AuditedTable(table, key: key, of: "dispute", hiding: ["id"], ignoring: ["source_time", "read_ticket"])

    static func id(of dispute: DisputeFacts) -> String { dispute.id.rawValue }

    static func says(_ row: Row, _ dispute: DisputeFacts) throws -> Bool {
        let known = DisputeFacts(
            id: try row.get(key), chargeID: try row.get("stripe_charge_id"), paymentIntentID: try row.get("stripe_payment_intent_id"),
            currency: try row.get("currency"), amount: try row.get("amount"), reason: try row.get("reason"),
            status: try row.get("status"), evidenceDueBy: try row.get("evidence_deadline"), created: try row.get("disputed_at"))
        return known == dispute
    }

    /// Stores a dispute as Stripe says it is; whose it is, where that is known.
    static func store(_ dispute: DisputeFacts, from source: SnapshotSource, in work: UnitOfWork) async throws {
        let names = CollectedBy(intent: dispute.paymentIntentID, charge: dispute.chargeID)
        try await RefundablePayments.lock(names, in: work)
        try await work.query(
            trail.change(
                "dispute.changed", of: "stripe_dispute_id = \(dispute.id)",
                by: """
                    INSERT INTO payment_disputes AS known (stripe_dispute_id, stripe_charge_id, stripe_payment_intent_id, payment_id, user_id,
                                                           amount, currency, reason, status, evidence_deadline, disputed_at, source_time,
                                                           read_ticket)
                    SELECT \(dispute.id), \(dispute.chargeID), \(dispute.paymentIntentID), payment.payment_id, payment.user_id,
                           \(dispute.amount), \(dispute.currency), \(dispute.reason), \(dispute.status), \(dispute.evidenceDueBy),
                           \(dispute.created), \(source.time), \(source.ticket)
                    FROM (SELECT) AS one LEFT JOIN (\(query: RefundablePayments.payment(of: names))) AS payment ON true
                    ON CONFLICT (stripe_dispute_id) DO UPDATE
                    SET stripe_charge_id = excluded.stripe_charge_id, stripe_payment_intent_id = excluded.stripe_payment_intent_id,
                        payment_id = coalesce(excluded.payment_id, known.payment_id), user_id = coalesce(excluded.user_id, known.user_id),
                        amount = excluded.amount, currency = excluded.currency, reason = excluded.reason, status = excluded.status,
                        evidence_deadline = excluded.evidence_deadline, disputed_at = excluded.disputed_at,
                        source_time = excluded.source_time, read_ticket = excluded.read_ticket, updated_at = now()
                    """, calling: "known"))
    }

    /// Whose payment is disputed; nil while nobody knows.
    static func user(of dispute: DisputeID, in work: UnitOfWork) async throws -> UserID? {
        try await work.query("SELECT user_id FROM payment_disputes WHERE stripe_dispute_id = \(dispute)").first?.get("user_id")
    }
}
