import Messages
import Messaging
import Postgres

/// The tables `refunds` and `disputes`: analytics' projections of what refund tells.
enum Reversals {
    private static let refunds = AuditedTable("refunds", key: "refund_id", of: "refund", hiding: ["version"])
    private static let disputes = AuditedTable("disputes", key: "stripe_dispute_id", of: "dispute", hiding: ["version"])

    /// Keeps the newest version; an older or equal one changes nothing.
    static func record(_ refund: RefundChanged, in work: UnitOfWork) async throws {
        try await work.query(
            refunds.change(
                "refund.heard", of: "refund_id = \(refund.refundID)",
                by: """
                    INSERT INTO refunds AS known (refund_id, version, payment_id, user_id, amount, currency, status, reason, refunded_at)
                    VALUES (\(refund.refundID), \(refund.version), \(refund.paymentID), \(refund.userID), \(refund.amount),
                            \(refund.currency), \(refund.status), \(refund.reason), \(refund.refundedAt))
                    ON CONFLICT (refund_id) DO UPDATE
                    SET version = excluded.version, payment_id = excluded.payment_id, user_id = excluded.user_id, amount = excluded.amount,
                        currency = excluded.currency, status = excluded.status, reason = excluded.reason,
                        refunded_at = excluded.refunded_at, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known"))
    }

    /// The same of a dispute.
    static func record(_ dispute: DisputeChanged, in work: UnitOfWork) async throws {
        try await work.query(
            disputes.change(
                "dispute.heard", of: "stripe_dispute_id = \(dispute.stripeDisputeID)",
                by: """
                    INSERT INTO disputes AS known (stripe_dispute_id, version, payment_id, user_id, amount, currency, reason, status,
                                                   is_money_out, disputed_at)
                    VALUES (\(dispute.stripeDisputeID), \(dispute.version), \(dispute.paymentID), \(dispute.userID), \(dispute.amount),
                            \(dispute.currency), \(dispute.reason), \(dispute.status), \(dispute.isMoneyOut), \(dispute.disputedAt))
                    ON CONFLICT (stripe_dispute_id) DO UPDATE
                    SET version = excluded.version, payment_id = excluded.payment_id, user_id = excluded.user_id, amount = excluded.amount,
                        currency = excluded.currency, reason = excluded.reason, status = excluded.status,
                        is_money_out = excluded.is_money_out, disputed_at = excluded.disputed_at, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known"))
    }
}
