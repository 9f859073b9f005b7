import Foundation
import Messaging
import Models
import Postgres
import ServiceKit
import StripeSync

/// A refund as stored: one of ours from its decision on, or one made elsewhere that Stripe has told of.
struct RefundRow: Sendable, Hashable {
    let id: OwnRefundID
    let stripeID: RefundID?
    let collectedBy: CollectedBy
    let paymentID: PaymentID?
    let userID: UserID?
    let requestID: RefundRequestID?
    /// Minor units.
    let amount: Int64
    let currency: String
    let reason: String?
    let status: String
    let failureReason: String?
    let adminUserID: UserID?
    let adminReason: String?
    /// Nil for refunds made elsewhere.
    let key: String?
    let keyMadeAt: Date?
    let isKeyBurnt: Bool
    let tries: Int32
    let unknownSince: Date?
    let refundedAt: Date
    let createdAt: Date
    let updatedAt: Date

    /// Whether Stripe has not told what became of it.
    var isOpen: Bool { status == "reserved" || status == "unknown" }
    /// Whether it gives nothing back, for good.
    var hasFailed: Bool { status == "failed" || status == "canceled" }

    init(row: Row) throws {
        id = try row.get("id")
        stripeID = try row.get("stripe_refund_id")
        collectedBy = CollectedBy(intent: try row.get("stripe_payment_intent_id"), charge: try row.get("stripe_charge_id"))
        paymentID = try row.get("payment_id")
        userID = try row.get("user_id")
        requestID = try row.get("refund_request_id")
        amount = try row.get("amount")
        currency = try row.get("currency")
        reason = try row.get("reason")
        status = try row.get("status")
        failureReason = try row.get("failure_reason")
        adminUserID = try row.get("admin_user_id")
        adminReason = try row.get("admin_reason")
        key = try row.get("idempotency_key")
        keyMadeAt = try row.get("key_made_at")
        isKeyBurnt = try row.get("is_key_burnt")
        tries = try row.get("tries")
        unknownSince = try row.get("unknown_since")
        refundedAt = try row.get("refunded_at")
        createdAt = try row.get("created_at")
        updatedAt = try row.get("updated_at")
    }

    /// Whether Stripe's refund, which calls itself by this row's name, is this row's. Anybody may write a name.
    func isSame(as refund: RefundFacts) -> Bool {
        key != nil && (stripeID ?? refund.id) == refund.id && amount == refund.amount
            && (collectedBy.charge.map { $0 == refund.chargeID } ?? (collectedBy.intent == refund.paymentIntentID))
    }

    /// Whether others have to be told that it became this.
    func differs(from before: RefundRow?) -> Bool {
        guard let before else { return true }
        return (stripeID, status, amount, currency) != (before.stripeID, before.status, before.amount, before.currency)
            || (reason, paymentID, userID, refundedAt) != (before.reason, before.paymentID, before.userID, before.refundedAt)
    }
}

/// The table `refunds`: every refund that we decided on or that Stripe knows, also those made in its dashboard.
enum Refunds: SnapshotTable {
    static let table = "refunds"
    static let key = "stripe_refund_id"
    static let trail = AuditedTable(
        table, key: "id", of: "refund", hiding: ["asked_as", "admin_reason"], ignoring: ["source_time", "read_ticket", "next_try_at"])

    static func id(of refund: RefundFacts) -> String { refund.id.rawValue }

    /// What we call it is decided when it is first heard of, and is no part of the snapshot.
    static func says(_ row: Row, _ refund: RefundFacts) throws -> Bool {
        let known = RefundFacts(
            id: try row.get(key), chargeID: try row.get("stripe_charge_id"), paymentIntentID: try row.get("stripe_payment_intent_id"),
            currency: try row.get("currency"), amount: try row.get("amount"), status: try row.get("status"),
            reason: try row.get("reason"), failureReason: try row.get("failure_reason"), ownID: refund.ownID,
            created: try row.get("refunded_at"))
        return known == refund
    }

    /// What is decided of a refund before Stripe is asked.
    struct Decision: Sendable {
        var id: OwnRefundID
        var payment: RefundablePayment
        var amount: Int64
        var reason: String?
        var request: RefundRequestID?
        /// Nil where the rules ask for it and nobody else.
        var admin: UserID?
        var adminReason: String
        /// The admin and the key of a direct refund.
        var askedAs: String?
        /// By Stripe's clock.
        var decidedAt: Date
    }

    /// How long whoever decided has, before the janitor asks Stripe in their place.
    private static let patience: Query = "interval '30 seconds'"

    /// Reserves what is to be given back. The caller has locked the payment and counts anew.
    static func reserve(_ decision: Decision, in work: UnitOfWork) async throws -> RefundRow {
        let rows = try await work.query(
            trail.change(
                "refund.reserved", of: nil,
                by: """
                    INSERT INTO refunds (id, stripe_charge_id, stripe_payment_intent_id, payment_id, user_id, refund_request_id, amount, currency,
                                         reason, status, admin_user_id, admin_reason, asked_as, idempotency_key, key_made_at, next_try_at)
                    VALUES (\(decision.id), \(decision.payment.collectedBy.charge), \(decision.payment.collectedBy.intent), \(decision.payment.id),
                            \(decision.payment.userID), \(decision.request), \(decision.amount), \(decision.payment.currency),
                            \(decision.reason), 'reserved', \(decision.admin), \(decision.adminReason), \(decision.askedAs),
                            \("refund-\(decision.id)"), \(decision.decidedAt),
                            now() + CASE WHEN \(decision.admin == nil) THEN interval '0' ELSE \(query: patience) END)
                    """, personal: ["admin_reason": decision.adminReason]))
        return try RefundRow(row: rows[0])
    }

    /// Stores a refund as Stripe says it is, in the row `own` where that is its, else in the row of its own name; whose it is, where that is
    /// known. The caller has locked its names, and its payment.
    static func store(
        _ refund: RefundFacts, as own: OwnRefundID?, of payment: RefundablePayment?, from source: SnapshotSource, in work: UnitOfWork
    ) async throws -> RefundRow {
        let same: Query = """
            stripe_refund_id = \(refund.id), stripe_charge_id = \(refund.chargeID), stripe_payment_intent_id = \(refund.paymentIntentID),
            amount = \(refund.amount), currency = \(refund.currency), reason = \(refund.reason), status = \(refund.status),
            failure_reason = \(refund.failureReason), refunded_at = \(refund.created), source_time = \(source.time),
            read_ticket = \(source.ticket), next_try_at = NULL, unknown_since = NULL, last_error = NULL, updated_at = now()
            """
        if let own {
            let rows = try await work.query(
                trail.change(
                    "refund.changed", of: "id = \(own)", by: "UPDATE refunds SET \(query: same) WHERE id = \(own)"))
            return try RefundRow(row: rows[0])
        }
        let rows = try await work.query(
            trail.change(
                "refund.changed", of: "stripe_refund_id = \(refund.id)",
                by: """
                    INSERT INTO refunds AS known (stripe_refund_id, stripe_charge_id, stripe_payment_intent_id, payment_id, user_id, amount,
                                                  currency, reason, status, failure_reason, refunded_at, source_time, read_ticket)
                    VALUES (\(refund.id), \(refund.chargeID), \(refund.paymentIntentID), \(payment?.id), \(payment?.userID), \(refund.amount),
                            \(refund.currency), \(refund.reason), \(refund.status), \(refund.failureReason), \(refund.created),
                            \(source.time), \(source.ticket))
                    ON CONFLICT (stripe_refund_id) DO UPDATE
                    SET \(query: same), payment_id = coalesce(excluded.payment_id, known.payment_id),
                        user_id = coalesce(excluded.user_id, known.user_id)
                    """, calling: "known"))
        return try RefundRow(row: rows[0])
    }

    static func find(_ id: OwnRefundID, in database: some Querying) async throws -> RefundRow? {
        try await database.query("SELECT * FROM refunds WHERE id = \(id)").first.map(RefundRow.init(row:))
    }

    /// The row of one of Stripe's refunds.
    static func find(_ id: RefundID, in work: UnitOfWork) async throws -> RefundRow? {
        try await work.query("SELECT * FROM refunds WHERE stripe_refund_id = \(id)").first.map(RefundRow.init(row:))
    }

    /// The refund that was asked for so before.
    static func find(askedAs key: String, in work: UnitOfWork) async throws -> RefundRow? {
        try await work.query("SELECT * FROM refunds WHERE asked_as = \(key)").first.map(RefundRow.init(row:))
    }

    /// A refund about a payment of ours, by our name or Stripe's.
    static func find(named name: String, in pool: PostgresPool) async throws -> RefundRow? {
        try await pool.query(
            "SELECT * FROM refunds WHERE (id = \(name) OR stripe_refund_id = \(name)) AND payment_id IS NOT NULL LIMIT 1"
        ).first.map(RefundRow.init(row:))
    }

    /// All refunds of a payment, the oldest first.
    static func all(of payment: PaymentID?, in pool: PostgresPool) async throws -> [RefundRow] {
        try await pool.query("SELECT * FROM refunds WHERE payment_id = \(payment) ORDER BY created_at LIMIT 200").map(RefundRow.init(row:))
    }

    /// Of these requests the newest refund each.
    static func answering(_ requests: [RefundRequestID], in pool: PostgresPool) async throws -> [RefundRow] {
        try await pool.query(
            """
            SELECT DISTINCT ON (refund_request_id) * FROM refunds WHERE refund_request_id = ANY(\(requests))
            ORDER BY refund_request_id, status IN ('failed', 'canceled'), created_at DESC
            """
        ).map(RefundRow.init(row:))
    }

    /// Our refunds of a payment that did not arrive, or were not made.
    static func failed(of payment: PaymentID, in work: UnitOfWork) async throws -> [OwnRefundID] {
        try await work.query(
            "SELECT id FROM refunds WHERE payment_id = \(payment) AND idempotency_key IS NOT NULL AND status IN ('failed', 'canceled')"
        ).map { try $0.get("id") }
    }

    /// Notes that Stripe was asked, at `time` by its clock, and nobody knows what became of it; when it is asked again.
    static func keepOpen(
        _ row: RefundRow, because error: String, isKeyBurnt: Bool, at time: Date, after delay: Duration, in pool: PostgresPool
    ) async throws -> RefundRow? {
        try await pool.query(
            trail.change(
                "refund.tried", of: "id = \(row.id)",
                by: """
                    UPDATE refunds SET status = 'unknown', tries = tries + 1, last_error = \(error),
                        is_key_burnt = is_key_burnt OR \(isKeyBurnt), unknown_since = coalesce(unknown_since, \(time)),
                        next_try_at = now() + make_interval(secs => \(delay / .seconds(1))), updated_at = now()
                    WHERE id = \(row.id) AND status IN ('reserved', 'unknown')
                    """)
        ).first.map(RefundRow.init(row:))
    }

    /// Gives a refund another key, at `time` by Stripe's clock, unless somebody else has done so.
    static func replaceKey(of row: RefundRow, at time: Date, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "refund.key_replaced", of: "id = \(row.id)",
                by: """
                    UPDATE refunds SET idempotency_key = \("refund-\(row.id)-\(UUID().uuidString.prefix(8).lowercased())"),
                        key_made_at = \(time), is_key_burnt = false, updated_at = now()
                    WHERE id = \(row.id) AND idempotency_key = \(row.key) AND status IN ('reserved', 'unknown')
                    """))
    }

    /// Ends an open refund of which nothing was made. The caller has locked its payment and counts anew.
    static func fail(_ id: OwnRefundID, because reason: String, in work: UnitOfWork) async throws -> RefundRow? {
        try await work.query(
            trail.change(
                "refund.refused", of: "id = \(id)",
                by: """
                    UPDATE refunds SET status = 'failed', failure_reason = \(reason), asked_as = NULL, next_try_at = NULL, updated_at = now()
                    WHERE id = \(id) AND status IN ('reserved', 'unknown')
                    """)
        ).first.map(RefundRow.init(row:))
    }

    /// Refunds whose turn it is, for the janitor, who has a minute for them.
    static func claimDue(limit: Int, in pool: PostgresPool) async throws -> [OwnRefundID] {
        try await pool.query(
            """
            UPDATE refunds SET next_try_at = now() + interval '1 minute'
            WHERE id IN (SELECT id FROM refunds WHERE status IN ('reserved', 'unknown') AND next_try_at <= now()
                         ORDER BY next_try_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING id
            """
        ).map { try $0.get("id") }
    }

    /// Has the open refunds of a payment looked at soon: somebody else has given some of it back.
    static func hurry(_ payment: PaymentID, in work: UnitOfWork) async throws {
        try await work.send(
            "UPDATE refunds SET next_try_at = least(next_try_at, now()) WHERE payment_id = \(payment) AND status IN ('reserved', 'unknown')"
        )
    }
}
