import Foundation
import Logging
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Passes over Stripe's lists of refunds and disputes, and repairs what no event has told, by the same code as events.
///
/// What is about no payment of ours is counted and, once no payment can be expected for it any more, not kept.
struct Reconcile: Sendable {
    private let refunds: ListPass<Refunds>
    private let disputes: ListPass<Disputes>

    init(
        outbox: Outbox, stripe: StripeClient, refunds: Snapshots<Refunds>, disputes: Snapshots<Disputes>, alerts: Alerts, logger: Logger
    ) {
        let pool = outbox.pool
        let isCompared = { @Sendable (created: Date, isOurs: Bool, readAt: Date) in
            isOurs || created > readAt.addingTimeInterval(-Self.strangersAfter)
        }
        self.refunds = ListPass(
            "refunds", of: .refund, outbox: outbox, snapshots: refunds, alerts: alerts, logger: logger,
            steps: .init {
                try await stripe.refunds(startingAfter: $0, limit: $1)
            } count: { refund in
                .init(currency: refund.currency, status: refund.status, amount: refund.amount)
            } ours: { rows in
                try await Self.ours(rows.map { ($0.id.rawValue, CollectedBy(intent: $0.paymentIntentID, charge: $0.chargeID)) }, in: pool)
            } isCompared: { refund, isOurs, readAt in
                isCompared(refund.created, isOurs, readAt)
            } repair: { snapshot in
                try await Self.repair(snapshot, refunds, outbox) { try await ApplyRefund(work: $2, alerts: alerts)($0, from: $1) }
            })
        self.disputes = ListPass(
            "disputes", of: .refund, outbox: outbox, snapshots: disputes, alerts: alerts, logger: logger,
            steps: .init {
                try await stripe.disputes(startingAfter: $0, limit: $1)
            } count: { dispute in
                .init(currency: dispute.currency, status: dispute.status, amount: dispute.amount)
            } ours: { rows in
                try await Self.ours(rows.map { ($0.id.rawValue, CollectedBy(intent: $0.paymentIntentID, charge: $0.chargeID)) }, in: pool)
            } isCompared: { dispute, isOurs, readAt in
                isCompared(dispute.created, isOurs, readAt)
            } repair: { snapshot in
                try await Self.repair(snapshot, disputes, outbox) {
                    try await ApplyDispute(work: $2, alerts: alerts, now: stripe.time)($0, from: $1)
                }
            })
    }

    func callAsFunction() async throws {
        try await refunds.turn()
        try await disputes.turn()
    }

    /// What is older and about no payment that is known is somebody else's.
    static let strangersAfter: TimeInterval = 35 * 86_400

    /// Brings in what differs; whether it is about a payment of ours.
    private static func repair<Table: SnapshotTable>(
        _ snapshot: Snapshot<Table.Facts>, _ snapshots: Snapshots<Table>, _ outbox: Outbox,
        apply: @escaping @Sendable (Table.Facts, SnapshotSource, UnitOfWork) async throws -> Void
    ) async throws -> Bool {
        try await outbox.transaction { work in
            // Whatever has come in between is newer than the list.
            _ = try await snapshots.apply(snapshot, in: work) { try await apply($0, $1, work) }
            return try await !work.query(
                """
                SELECT FROM \(unsafe: Table.table) WHERE \(unsafe: Table.key) = \(Table.id(of: snapshot.facts)) AND payment_id IS NOT NULL
                """
            ).isEmpty
        }
    }

    /// Which of them are about payments that are known here.
    private static func ours(_ listed: [(id: String, names: CollectedBy)], in pool: PostgresPool) async throws -> Set<String> {
        let rows = try await pool.query(
            """
            SELECT listed.id FROM unnest(\(listed.map(\.id)), \(listed.map(\.names.intent)), \(listed.map(\.names.charge)))
                                  AS listed (id, intent, charge)
            WHERE EXISTS (SELECT FROM refundable_payments WHERE merged_into IS NULL AND stripe_payment_intent_id = listed.intent)
               OR EXISTS (SELECT FROM refundable_payments WHERE merged_into IS NULL AND stripe_charge_id = listed.charge)
            """)
        return Set(try rows.map { try $0.get("id", as: String.self) })
    }
}

/// Forgets refunds and disputes about payments that nobody here has had for so long that none can be expected.
struct ForgetStrangers: Sendable {
    let pool: PostgresPool

    func callAsFunction() async throws {
        try await pool.removeOld("strangers", by: "SELECT forget_strangers() AS removed")
    }
}
