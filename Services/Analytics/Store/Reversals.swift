import Messages
import Messaging
import Models
import Postgres

/// The tables `refunds` and `disputes`: analytics' projections of what refund tells.
enum Reversals {
    private static let refunds = AuditedTable("refunds", key: "refund_id", of: "refund", hiding: ["version"])
    private static let disputes = AuditedTable("disputes", key: "stripe_dispute_id", of: "dispute", hiding: ["version"])

    /// Keeps the newest version of each; an older or equal one changes nothing.
    static func record(_ messages: [Heard<RefundChanged>], in work: UnitOfWork) async throws {
        let heard = messages.newest(by: \.refundID.rawValue, \.version)
        let told = heard.map(\.message)
        try await work.send(
            refunds.change(
                "refund.heard", heard: heard.map { ($0.message.refundID.rawValue, $0.id) },
                by: """
                    INSERT INTO refunds AS known (refund_id, version, payment_id, user_id, amount, currency, status, reason, refunded_at)
                    SELECT * FROM unnest(
                        \(told.map(\.refundID)), \(told.map(\.version)), \(told.map(\.paymentID)), \(told.map(\.userID)), \(told.map(\.amount)),
                        \(told.map(\.currency)), \(told.map(\.status)), \(told.map(\.reason)), \(told.map(\.refundedAt)))
                    ON CONFLICT (refund_id) DO UPDATE
                    SET version = excluded.version, payment_id = excluded.payment_id, user_id = excluded.user_id, amount = excluded.amount,
                        currency = excluded.currency, status = excluded.status, reason = excluded.reason,
                        refunded_at = excluded.refunded_at, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known"))
    }

    /// The same of disputes.
    static func record(_ messages: [Heard<DisputeChanged>], in work: UnitOfWork) async throws {
        let heard = messages.newest(by: \.stripeDisputeID.rawValue, \.version)
        let told = heard.map(\.message)
        try await work.send(
            disputes.change(
                "dispute.heard", heard: heard.map { ($0.message.stripeDisputeID.rawValue, $0.id) },
                by: """
                    INSERT INTO disputes AS known (stripe_dispute_id, version, payment_id, user_id, amount, currency, reason, status,
                                                   is_money_out, disputed_at)
                    SELECT * FROM unnest(
                        \(told.map(\.stripeDisputeID)), \(told.map(\.version)), \(told.map(\.paymentID)), \(told.map(\.userID)),
                        \(told.map(\.amount)), \(told.map(\.currency)), \(told.map(\.reason)), \(told.map(\.status)), \(told.map(\.isMoneyOut)),
                        \(told.map(\.disputedAt)))
                    ON CONFLICT (stripe_dispute_id) DO UPDATE
                    SET version = excluded.version, payment_id = excluded.payment_id, user_id = excluded.user_id, amount = excluded.amount,
                        currency = excluded.currency, reason = excluded.reason, status = excluded.status,
                        is_money_out = excluded.is_money_out, disputed_at = excluded.disputed_at, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known"))
    }
}
