import Foundation
import Logging
import Messages
import Messaging
import Metrics
import Models
import Postgres
import ServiceKit
import Stripe

/// Passes over Stripe's lists of refunds and disputes, and repairs what no event has told, by the same code as events.
///
/// A turn reads so many pages and no more; the next one goes on where it stopped, also after a restart. A page that cannot be read is asked for
/// in quarters, down to one row; a row that cannot be read keeps no other back. What is about no payment of ours is counted and, once no
/// payment can be expected for it any more, not kept.
struct Reconcile: Sendable {
    let outbox: Outbox
    let stripe: StripeClient
    let refunds: Snapshots<Refunds>
    let disputes: Snapshots<Disputes>
    let alerts: Alerts
    let logger: Logger

    /// 1,000 rows a turn: ten requests, where Stripe answers a hundred a second.
    private static let pagesATurn = 10
    private static let longestPage = 100
    static let failed = "refund_reconciliation_failed"

    func callAsFunction() async throws {
        let refundList = List(scope: .refunds, snapshots: refunds) {
            try await stripe.refunds(startingAfter: $0, limit: $1)
        } row: { refund in
            Listed(
                id: refund.id.rawValue, currency: refund.currency, status: refund.status, amount: refund.amount,
                names: CollectedBy(intent: refund.paymentIntentID, charge: refund.chargeID), created: refund.created)
        } apply: { facts, source, work in
            try await ApplyRefund(work: work, alerts: alerts)(facts, from: source)
        }
        try await run(refundList)
        let disputeList = List(scope: .disputes, snapshots: disputes) {
            try await stripe.disputes(startingAfter: $0, limit: $1)
        } row: { dispute in
            Listed(
                id: dispute.id.rawValue, currency: dispute.currency, status: dispute.status, amount: dispute.amount,
                names: CollectedBy(intent: dispute.paymentIntentID, charge: dispute.chargeID), created: dispute.created)
        } apply: { facts, source, work in
            try await ApplyDispute(work: work, alerts: alerts, now: stripe.time)(facts, from: source)
        }
        try await run(disputeList)
    }

    /// What both lists have in common.
    private struct Listed {
        var id: String
        var currency: String
        var status: String
        var amount: Int64
        var names: CollectedBy
        var created: Date
    }

    /// One of the lists: how it is read, compared and brought in.
    private struct List<Table: SnapshotTable> {
        let scope: Reconciliations.Scope
        let snapshots: Snapshots<Table>
        let page: (_ after: String?, _ limit: Int) async throws -> StripeRead<ListPage<Table.Facts>>
        let row: (Table.Facts) -> Listed
        let apply: @Sendable (Table.Facts, SnapshotSource, UnitOfWork) async throws -> Void
    }

    private func run<Table: SnapshotTable>(_ list: List<Table>) async throws {
        var pass = try await Reconciliations.open(list.scope, in: outbox.pool)
        do {
            for _ in 0..<Self.pagesATurn where pass.finishedAt == nil { pass = try await turn(pass, list) }
            try await alerts.clear(Self.failed, about: list.scope.rawValue)
        } catch {
            if !(error is CancellationError) {
                try await Reconciliations.fail(pass, because: "\(error)", in: outbox.pool)
                try await alerts.raise(
                    Self.failed, about: list.scope.rawValue, "Stripe's list of \(list.scope.rawValue) cannot be compared.")
            }
            throw error
        }
    }

    /// One page: compared, repaired, counted.
    private func turn<Table: SnapshotTable>(_ pass: Reconciliations.Pass, _ list: List<Table>) async throws -> Reconciliations.Pass {
        var page = ListPage<Table.Facts>()
        var readAt = Date()
        let found = try await list.snapshots.read {
            let read = try await wholePage(behind: pass.lastID, list)
            (page, readAt) = (read.value, read.readAt)
            return read.map(\.items)
        }
        let listed = page.items.map(list.row)
        let ours = try await Self.ours(listed, in: outbox.pool)
        let young = readAt.addingTimeInterval(-Self.strangersAfter)
        let worth = zip(found, listed).filter { ours.contains($1.id) || $1.created > young }.map(\.0)
        let repaired = try await repair(worth, list)
        if repaired > 0 {
            logger.warning("what no event has told is repaired", metadata: ["scope": "\(list.scope.rawValue)", "count": "\(repaired)"])
        }
        Counter(label: "refund_repaired_total", dimensions: [("scope", list.scope.rawValue)]).increment(by: repaired)
        let progress = Reconciliations.Progress(
            asOf: readAt, lastID: page.lastID, seen: listed.count + page.oddRows.count, repaired: repaired,
            passedOver: page.oddRows.count, totals: Self.sum(pass.totals, listed, ours: ours), isEnd: !page.hasMore)
        return try await outbox.transaction { work in
            let pass = try await Reconciliations.note(progress, of: pass, in: work)
            if progress.isEnd { try work.publish(Self.message(of: pass)) }
            return pass
        }
    }

    private func wholePage<Table: SnapshotTable>(
        behind last: String?, _ list: List<Table>
    ) async throws -> StripeRead<ListPage<Table.Facts>> {
        var limit = Self.longestPage
        while true {
            do {
                return try await list.page(last, limit)
            } catch let error as StripeError where limit > 1 && [.badResponse, .connection, .timeout].contains(error.kind) {
                limit = max(1, limit / 4)
            }
        }
    }

    /// What is older and about no payment that is known is somebody else's.
    static let strangersAfter: TimeInterval = 35 * 86_400

    /// Brings in what differs; how many.
    private func repair<Table: SnapshotTable>(_ found: [Snapshot<Table.Facts>], _ list: List<Table>) async throws -> Int {
        let (snapshots, apply) = (list.snapshots, list.apply)
        var repaired = 0
        for snapshot in try await snapshots.differing(found) {
            let isOurs = try await outbox.transaction { work in
                // Whatever has come in between is newer than the list.
                _ = try await snapshots.apply(snapshot, in: work) { try await apply($0, $1, work) }
                return try await !work.query(
                    """
                    SELECT FROM \(unsafe: Table.table) WHERE \(unsafe: Table.key) = \(Table.id(of: snapshot.facts)) AND payment_id IS NOT NULL
                    """
                ).isEmpty
            }
            if isOurs { repaired += 1 }
        }
        return repaired
    }

    /// Which of them are about payments that are known here.
    private static func ours(_ listed: [Listed], in pool: PostgresPool) async throws -> Set<String> {
        let rows = try await pool.query(
            """
            SELECT listed.id FROM unnest(\(listed.map(\.id)), \(listed.map(\.names.intent)), \(listed.map(\.names.charge)))
                                  AS listed (id, intent, charge)
            WHERE EXISTS (SELECT FROM refundable_payments WHERE merged_into IS NULL AND stripe_payment_intent_id = listed.intent)
               OR EXISTS (SELECT FROM refundable_payments WHERE merged_into IS NULL AND stripe_charge_id = listed.charge)
            """)
        return Set(try rows.map { try $0.get("id", as: String.self) })
    }

    private static func sum(
        _ totals: [ReconciliationFinished.Total], _ listed: [Listed], ours: Set<String>
    ) -> [ReconciliationFinished.Total] {
        var totals = totals
        for row in listed {
            let isOurs = ours.contains(row.id)
            let known = totals.firstIndex { $0.currency == row.currency && $0.status == row.status && $0.isOurs == isOurs }
            if let known {
                totals[known].count += 1
                totals[known].amount += row.amount
            } else {
                totals.append(.init(currency: row.currency, status: row.status, isOurs: isOurs, count: 1, amount: row.amount))
            }
        }
        return totals.sorted { ($0.currency, $0.status, $0.isOurs ? 0 : 1) < ($1.currency, $1.status, $1.isOurs ? 0 : 1) }
    }

    private static func message(of pass: Reconciliations.Pass) -> ReconciliationFinished {
        ReconciliationFinished(
            service: .refund, scope: pass.scope.rawValue, version: pass.id, asOf: pass.asOf ?? pass.startedAt, seen: pass.seen,
            repaired: pass.repaired,
            passedOver: pass.passedOver, totals: pass.totals)
    }
}

/// Forgets refunds and disputes about payments that nobody here has had for so long that none can be expected.
struct ForgetStrangers: Sendable {
    let pool: PostgresPool

    func callAsFunction() async throws {
        try await pool.removeOld("strangers", by: "SELECT forget_strangers() AS removed")
    }
}
