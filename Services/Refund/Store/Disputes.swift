import Foundation
import Messaging
import Models
import Postgres
import ServiceKit
import StripeSync

/// A dispute as stored.
struct DisputeRow: Sendable, Hashable {
    let facts: DisputeFacts
    let paymentID: PaymentID?
    let userID: UserID?
    let version: Int64
    /// Its place in lists.
    let number: Int64
    let updatedAt: Date

    init(row: Row) throws {
        facts = try Self.facts(row)
        paymentID = try row.get("payment_id")
        userID = try row.get("user_id")
        version = try row.get("version")
        number = try row.get("id")
        updatedAt = try row.get("updated_at")
    }

    static func facts(_ row: Row) throws -> DisputeFacts {
        DisputeFacts(
            id: try row.get(Disputes.key), chargeID: try row.get("stripe_charge_id"),
            paymentIntentID: try row.get("stripe_payment_intent_id"), currency: try row.get("currency"), amount: try row.get("amount"),
            reason: try row.get("reason"), status: try row.get("status"), evidenceDueBy: try row.get("evidence_deadline"),
            submissionCount: try row.get("submission_count"), submissionMethod: try row.get("submission_method"),
            isMoneyOut: try row.get("is_money_out"), created: try row.get("disputed_at"))
    }

    /// Whether others have to be told that it became this.
    func differs(from before: DisputeRow?) -> Bool {
        guard let before else { return true }
        return facts != before.facts || paymentID != before.paymentID || userID != before.userID
    }
}

/// The table `payment_disputes`: payments that a customer's bank takes back or asks about. A verdict may turn, either way, and its amount
/// and deadline may change under the same status.
enum Disputes: SnapshotTable {
    static let table = "payment_disputes"
    static let key = "stripe_dispute_id"
    static let trail = AuditedTable(table, key: key, of: "dispute", hiding: ["id", "version"], ignoring: ["source_time", "read_ticket"])

    static func id(of dispute: DisputeFacts) -> String { dispute.id.rawValue }

    /// What only some of Stripe's versions say is not unsaid by the others.
    static func says(_ row: Row, _ dispute: DisputeFacts) throws -> Bool {
        let known = try DisputeRow.facts(row)
        var said = dispute
        said.submissionCount = said.submissionCount ?? known.submissionCount
        said.submissionMethod = said.submissionMethod ?? known.submissionMethod
        said.isMoneyOut = said.isMoneyOut ?? known.isMoneyOut
        return known == said
    }

    /// Stores a dispute as Stripe says it is; whose it is, where that is known. The caller has locked its names.
    static func store(
        _ dispute: DisputeFacts, of payment: RefundablePayment?, from source: SnapshotSource, in work: UnitOfWork
    ) async throws -> DisputeRow {
        let rows = try await work.query(
            trail.change(
                "dispute.changed", of: "stripe_dispute_id = \(dispute.id)",
                by: """
                    INSERT INTO payment_disputes AS known (stripe_dispute_id, stripe_charge_id, stripe_payment_intent_id, payment_id, user_id,
                                                           amount, currency, reason, status, evidence_deadline, submission_count,
                                                           submission_method, is_money_out, disputed_at, source_time, read_ticket)
                    VALUES (\(dispute.id), \(dispute.chargeID), \(dispute.paymentIntentID), \(payment?.id), \(payment?.userID),
                            \(dispute.amount), \(dispute.currency), \(dispute.reason), \(dispute.status), \(dispute.evidenceDueBy),
                            \(dispute.submissionCount), \(dispute.submissionMethod), \(dispute.isMoneyOut), \(dispute.created),
                            \(source.time), \(source.ticket))
                    ON CONFLICT (stripe_dispute_id) DO UPDATE
                    SET stripe_charge_id = excluded.stripe_charge_id, stripe_payment_intent_id = excluded.stripe_payment_intent_id,
                        payment_id = coalesce(excluded.payment_id, known.payment_id), user_id = coalesce(excluded.user_id, known.user_id),
                        amount = excluded.amount, currency = excluded.currency, reason = excluded.reason, status = excluded.status,
                        evidence_deadline = excluded.evidence_deadline,
                        submission_count = coalesce(excluded.submission_count, known.submission_count),
                        submission_method = coalesce(excluded.submission_method, known.submission_method),
                        is_money_out = coalesce(excluded.is_money_out, known.is_money_out),
                        disputed_at = excluded.disputed_at, version = known.version + 1,
                        source_time = excluded.source_time, read_ticket = excluded.read_ticket, updated_at = now()
                    """, calling: "known"))
        return try DisputeRow(row: rows[0])
    }

    static func find(_ id: DisputeID, in work: UnitOfWork) async throws -> DisputeRow? {
        try await work.query("SELECT * FROM payment_disputes WHERE stripe_dispute_id = \(id)").first.map(DisputeRow.init(row:))
    }

    /// A dispute about a payment of ours.
    static func find(_ id: DisputeID, in pool: PostgresPool) async throws -> DisputeRow? {
        try await pool.query("SELECT * FROM payment_disputes WHERE stripe_dispute_id = \(id) AND payment_id IS NOT NULL").first.map(
            DisputeRow.init(row:))
    }

    /// A dispute, locked until the transaction ends.
    static func lock(_ id: DisputeID, in work: UnitOfWork) async throws -> DisputeRow? {
        try await work.query("SELECT * FROM payment_disputes WHERE stripe_dispute_id = \(id) FOR UPDATE").first.map(DisputeRow.init(row:))
    }

    /// Whether a bank holds the money of a payment, or has taken it.
    static func holdMoney(of payment: PaymentID, in work: UnitOfWork) async throws -> Bool {
        let statuses = DisputeFacts.holdingMoney.sorted()
        return try await !work.query(
            "SELECT FROM payment_disputes WHERE payment_id = \(payment) AND status = ANY(\(statuses)) LIMIT 1"
        ).isEmpty
    }

    /// Those that wait for our answer until then at most, the most urgent first.
    static func waiting(until deadline: Date, limit: Int, in pool: PostgresPool) async throws -> [DisputeRow] {
        try await pool.query(
            """
            SELECT * FROM payment_disputes
            WHERE payment_id IS NOT NULL AND status IN ('needs_response', 'warning_needs_response', 'appeal_needs_response')
              AND evidence_deadline <= \(deadline) ORDER BY evidence_deadline LIMIT \(limit)
            """
        ).map(DisputeRow.init(row:))
    }

    /// Which disputes are meant: all that fit everything that is given.
    struct Filter: Sendable {
        var status: String?
        var needsResponse: Bool?
        var userID: UserID?
        var paymentID: PaymentID?
    }

    /// One page of disputes about payments of ours, the newest first, with one more than `limit` where there are more.
    static func list(_ filter: Filter, behind place: TimedPlace?, limit: Int, in pool: PostgresPool) async throws -> [DisputeRow] {
        var condition: Query = "payment_id IS NOT NULL"
        let waiting = DisputeFacts.needsResponse.sorted()
        if let status = filter.status { condition = condition + " AND status = \(status)" }
        if let needed = filter.needsResponse { condition = condition + " AND (status = ANY(\(waiting))) = \(needed)" }
        if let user = filter.userID { condition = condition + " AND user_id = \(user)" }
        if let payment = filter.paymentID { condition = condition + " AND payment_id = \(payment)" }
        if let place {
            guard let number = Int64(place.id) else { throw APIError.foreignCursor }
            condition = condition + " AND (disputed_at, id) < (\(place.at), \(number))"
        }
        return try await pool.query(
            "SELECT * FROM payment_disputes WHERE \(query: condition) ORDER BY disputed_at DESC, id DESC LIMIT \(limit + 1)"
        ).map(DisputeRow.init(row:))
    }
}
