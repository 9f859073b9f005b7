import Foundation
import Messaging
import Models
import Postgres
import ServiceKit

/// A customer's request as stored.
struct RequestRow: Sendable, Hashable {
    let id: RefundRequestID
    let paymentID: PaymentID
    let userID: UserID
    /// Minor units.
    let amount: Int64
    let currency: String
    let reason: String
    let status: RefundRequests.Status
    let adminUserID: UserID?
    let adminReason: String?
    let createdAt: Date
    let updatedAt: Date

    init(row: Row) throws {
        id = try row.get("id")
        paymentID = try row.get("payment_id")
        userID = try row.get("user_id")
        amount = try row.get("amount")
        currency = try row.get("currency")
        reason = try row.get("reason")
        status = RefundRequests.Status(rawValue: try row.get("status")) ?? .pending
        adminUserID = try row.get("admin_user_id")
        adminReason = try row.get("admin_reason")
        createdAt = try row.get("created_at")
        updatedAt = try row.get("updated_at")
    }
}

/// The table `refund_requests`: what customers ask for, and what became of it.
enum RefundRequests {
    /// How far a request has come.
    enum Status: String, Sendable, CaseIterable, Encodable {
        /// Nobody has decided.
        case pending
        /// Decided, and Stripe is being asked.
        case approved
        /// Stripe was asked: the money is on its way, or nobody knows yet.
        case processing
        case rejected, succeeded, failed

        /// What the refund that answers a request makes of it.
        init(of refund: RefundRow) {
            self =
                switch refund.status {
                case "reserved": .approved
                case "succeeded": .succeeded
                case "failed", "canceled": .failed
                default: .processing
                }
        }
    }

    private static let trail = AuditedTable(
        "refund_requests", key: "id", of: "refund_request", hiding: ["reason", "admin_reason"])

    /// Keeps a request. The caller has locked its payment.
    static func make(
        _ id: RefundRequestID, of payment: RefundablePayment, by user: UserID, amount: Int64, reason: String, in work: UnitOfWork
    ) async throws -> RequestRow {
        let rows = try await work.query(
            trail.change(
                "refund_request.made", of: nil,
                by: """
                    INSERT INTO refund_requests (id, payment_id, user_id, amount, currency, reason)
                    VALUES (\(id), \(payment.id), \(user), \(amount), \(payment.currency), \(reason))
                    """, personal: ["reason": reason]))
        return try RequestRow(row: rows[0])
    }

    /// Whether a request about this payment waits or is being carried out.
    static func isOpen(about payment: PaymentID, in work: UnitOfWork) async throws -> Bool {
        try await !work.query(
            "SELECT FROM refund_requests WHERE payment_id = \(payment) AND status IN ('pending', 'approved', 'processing')"
        ).isEmpty
    }

    static func find(_ id: RefundRequestID, in database: some Querying) async throws -> RequestRow? {
        try await database.query("SELECT * FROM refund_requests WHERE id = \(id)").first.map(RequestRow.init(row:))
    }

    /// A request, locked. Its payment is locked first.
    static func lock(_ id: RefundRequestID, in work: UnitOfWork) async throws -> RequestRow? {
        try await work.query("SELECT * FROM refund_requests WHERE id = \(id) FOR UPDATE").first.map(RequestRow.init(row:))
    }

    /// Decides a request that is locked and pending.
    static func decide(_ id: RefundRequestID, _ status: Status, by admin: UserID, because reason: String, in work: UnitOfWork) async throws
    {
        try await work.send(
            trail.change(
                status == .rejected ? "refund_request.rejected" : "refund_request.approved", of: "id = \(id)",
                by: """
                    UPDATE refund_requests
                    SET status = \(status.rawValue), admin_user_id = \(admin), admin_reason = \(reason), updated_at = now()
                    WHERE id = \(id) AND status = 'pending'
                    """, personal: ["admin_reason": reason]))
    }

    /// Follows the refund that answers a request.
    static func follow(_ refund: RefundRow, in database: some Querying) async throws {
        guard let request = refund.requestID else { return }
        try await database.query(follow(request, Status(of: refund)))
    }

    private static func follow(_ request: RefundRequestID, _ status: Status) -> Query {
        trail.change(
            "refund_request.\(status.rawValue)", of: "id = \(request)",
            by: """
                UPDATE refund_requests SET status = \(status.rawValue), updated_at = now()
                WHERE id = \(request) AND status <> \(status.rawValue) AND status <> 'pending'
                """)
    }

    /// Gives the requests about a payment to the one that it was merged into; an open one stays where there is an open one about that.
    static func move(from gone: PaymentID, to survivor: PaymentID, in work: UnitOfWork) async throws {
        let open = try await isOpen(about: survivor, in: work)
        try await work.send(
            trail.change(
                "payment.merged", of: "payment_id = \(gone)",
                by: """
                    UPDATE refund_requests SET payment_id = \(survivor), updated_at = now()
                    WHERE payment_id = \(gone) AND NOT (\(open) AND status IN ('pending', 'approved', 'processing'))
                    """))
    }

    /// Takes an approval back of which nothing has come: Stripe has refused, and the request waits as before.
    static func reopen(_ id: RefundRequestID, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "refund_request.reopened", of: "id = \(id)",
                by: """
                    UPDATE refund_requests SET status = 'pending', admin_user_id = NULL, admin_reason = NULL, updated_at = now()
                    WHERE id = \(id) AND status IN ('approved', 'processing')
                    """))
    }

    /// Which requests are meant: all that fit everything that is given.
    struct Filter: Sendable {
        var status: Status?
        var userID: UserID?
        var paymentID: PaymentID?
    }

    /// One page, the newest first, with one more than `limit` where there are more.
    static func list(
        _ filter: Filter, behind place: TimedPlace?, limit: Int, in pool: PostgresPool
    ) async throws -> [RequestRow] {
        var condition: Query = "true"
        if let status = filter.status { condition = condition + " AND status = \(status.rawValue)" }
        if let user = filter.userID { condition = condition + " AND user_id = \(user)" }
        if let payment = filter.paymentID { condition = condition + " AND payment_id = \(payment)" }
        if let place { condition = condition + " AND (created_at, id) < (\(place.at), \(place.id))" }
        return try await pool.query(
            "SELECT * FROM refund_requests WHERE \(query: condition) ORDER BY created_at DESC, id DESC LIMIT \(limit + 1)"
        ).map(RequestRow.init(row:))
    }
}
