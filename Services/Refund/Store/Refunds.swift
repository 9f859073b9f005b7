import Messaging
import Models
import Postgres
import ServiceKit

/// The table `refunds`: every refund that Stripe knows, also those made in its dashboard.
enum Refunds: SnapshotTable {
    static let table = "refunds"
    static let key = "stripe_refund_id"
    static let trail = AuditedTable(table, key: key, of: "refund", hiding: ["id"], ignoring: ["source_time", "read_ticket"])

    static func id(of refund: RefundFacts) -> String { refund.id.rawValue }

    static func says(_ row: Row, _ refund: RefundFacts) throws -> Bool {
        let known = RefundFacts(
            id: try row.get(key), chargeID: try row.get("stripe_charge_id"), paymentIntentID: try row.get("stripe_payment_intent_id"),
            currency: try row.get("currency"), amount: try row.get("amount"), status: try row.get("status"),
            reason: try row.get("reason"), failureReason: try row.get("failure_reason"), created: try row.get("refunded_at"))
        return known == refund
    }

    /// Stores a refund as Stripe says it is; whose it is, where that is known.
    static func store(_ refund: RefundFacts, from source: SnapshotSource, in work: UnitOfWork) async throws {
        let names = CollectedBy(intent: refund.paymentIntentID, charge: refund.chargeID)
        try await RefundablePayments.lock(names, in: work)
        try await work.query(
            trail.change(
                "refund.changed", of: "stripe_refund_id = \(refund.id)",
                by: """
                    INSERT INTO refunds AS known (stripe_refund_id, stripe_charge_id, stripe_payment_intent_id, payment_id, user_id, amount,
                                                  currency, reason, status, failure_reason, refunded_at, source_time, read_ticket)
                    SELECT \(refund.id), \(refund.chargeID), \(refund.paymentIntentID), payment.payment_id, payment.user_id, \(refund.amount),
                           \(refund.currency), \(refund.reason), \(refund.status), \(refund.failureReason), \(refund.created),
                           \(source.time), \(source.ticket)
                    FROM (SELECT) AS one LEFT JOIN (\(query: RefundablePayments.payment(of: names))) AS payment ON true
                    ON CONFLICT (stripe_refund_id) DO UPDATE
                    SET stripe_charge_id = excluded.stripe_charge_id, stripe_payment_intent_id = excluded.stripe_payment_intent_id,
                        payment_id = coalesce(excluded.payment_id, known.payment_id), user_id = coalesce(excluded.user_id, known.user_id),
                        amount = excluded.amount, currency = excluded.currency, reason = excluded.reason, status = excluded.status,
                        failure_reason = excluded.failure_reason, refunded_at = excluded.refunded_at, source_time = excluded.source_time,
                        read_ticket = excluded.read_ticket, updated_at = now()
                    """, calling: "known"))
    }

    /// Whose a refund is; nil while nobody knows.
    static func user(of refund: RefundID, in work: UnitOfWork) async throws -> UserID? {
        try await work.query("SELECT user_id FROM refunds WHERE stripe_refund_id = \(refund)").first?.get("user_id")
    }
}
