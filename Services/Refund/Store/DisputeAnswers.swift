import Foundation
import Messaging
import Models
import Postgres

/// What is answered to a bank, as stored.
struct AnswerRow: Sendable {
    let id: String
    let disputeID: DisputeID
    let kind: DisputeAnswers.Kind
    /// By field; empty once Stripe has it.
    let evidence: [String: String]
    let fields: [String]
    let submit: Bool
    let status: String
    let key: String
    let keyMadeAt: Date
    let submissionsBefore: Int64
    let tries: Int32
    let lastError: String?
    let adminUserID: UserID
    let createdAt: Date
    let updatedAt: Date

    /// Whether nobody knows yet what became of it.
    var isOpen: Bool { status == "sending" || status == "unknown" }

    init(row: Row) throws {
        id = try row.get("id")
        disputeID = try row.get("stripe_dispute_id")
        kind = DisputeAnswers.Kind(rawValue: try row.get("kind")) ?? .evidence
        evidence = try row.get("evidence", as: JSON?.self).map { try WireJSON.decode([String: String].self, from: $0.bytes) } ?? [:]
        fields = try row.get("fields")
        submit = try row.get("submit")
        status = try row.get("status")
        key = try row.get("idempotency_key")
        keyMadeAt = try row.get("key_made_at")
        submissionsBefore = try row.get("submissions_before")
        tries = try row.get("tries")
        lastError = try row.get("last_error")
        adminUserID = try row.get("admin_user_id")
        createdAt = try row.get("created_at")
        updatedAt = try row.get("updated_at")
    }
}

/// The table `dispute_answers`: an answer is a row before it is a request. Of each dispute one is under way at a time.
enum DisputeAnswers {
    /// What is answered.
    enum Kind: String, Sendable, Encodable {
        case evidence
        /// The dispute is lost, and we say so.
        case acceptance
    }

    private static let trail = AuditedTable(
        "dispute_answers", key: "id", of: "dispute", named: "changed.stripe_dispute_id", user: "NULL::text",
        hiding: ["evidence", "idempotency_key"], ignoring: ["next_try_at"])

    /// What is to be said.
    struct Answer: Sendable {
        var dispute: DisputeFacts
        var kind: Kind
        var evidence: [String: String] = [:]
        var submit: Bool
        var admin: UserID
        var reason: String?
        /// By Stripe's clock.
        var decidedAt: Date
    }

    /// Keeps an answer. The caller has locked the dispute.
    static func begin(_ answer: Answer, in work: UnitOfWork) async throws -> AnswerRow {
        let id = UUID().uuidString.lowercased()
        let rows = try await work.query(
            trail.change(
                answer.kind == .evidence ? "dispute.answered" : "dispute.accepted", of: nil,
                by: """
                    INSERT INTO dispute_answers (id, stripe_dispute_id, kind, evidence, fields, submit, idempotency_key, key_made_at,
                                                 submissions_before, next_try_at, admin_user_id)
                    VALUES (\(id), \(answer.dispute.id), \(answer.kind.rawValue), \(try JSON(encoding: answer.evidence)),
                            \(answer.evidence.keys.sorted()), \(answer.submit), \("answer-\(id)"), \(answer.decidedAt),
                            \(answer.dispute.submissionCount ?? 0), now() + interval '30 seconds', \(answer.admin))
                    """, personal: answer.reason.map { ["admin_reason": $0] } ?? [:]))
        return try AnswerRow(row: rows[0])
    }

    /// Whether an answer to this dispute is under way.
    static func isOpen(_ dispute: DisputeID, in work: UnitOfWork) async throws -> Bool {
        try await !work.query(
            "SELECT FROM dispute_answers WHERE stripe_dispute_id = \(dispute) AND status IN ('sending', 'unknown')"
        ).isEmpty
    }

    static func find(_ id: String, in pool: PostgresPool) async throws -> AnswerRow? {
        try await pool.query("SELECT * FROM dispute_answers WHERE id = \(id)").first.map(AnswerRow.init(row:))
    }

    /// All that was answered to a dispute, the oldest first.
    static func all(to dispute: DisputeID, in pool: PostgresPool) async throws -> [AnswerRow] {
        try await pool.query("SELECT * FROM dispute_answers WHERE stripe_dispute_id = \(dispute) ORDER BY created_at LIMIT 200").map(
            AnswerRow.init(row:))
    }

    /// Ends an answer, done or refused. What it said is at Stripe now, or nobody's.
    static func finish(_ id: String, isDone: Bool, because error: String? = nil, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                isDone ? "dispute.answer_taken" : "dispute.answer_refused", of: "id = \(id)",
                by: """
                    UPDATE dispute_answers
                    SET status = \(isDone ? "done" : "refused"), evidence = NULL, next_try_at = NULL, last_error = \(error), updated_at = now()
                    WHERE id = \(id) AND status IN ('sending', 'unknown')
                    """))
    }

    /// Notes that nobody knows what became of an answer, and when it is sent again; under another key, made at that time by Stripe's clock,
    /// where that one is of no more use.
    static func keepOpen(
        _ row: AnswerRow, because error: String, newKeyAt time: Date?, after delay: Duration, in pool: PostgresPool
    ) async throws {
        let key = time == nil ? row.key : "answer-\(row.id)-\(UUID().uuidString.prefix(8).lowercased())"
        try await pool.query(
            trail.change(
                "dispute.answer_tried", of: "id = \(row.id)",
                by: """
                    UPDATE dispute_answers
                    SET status = 'unknown', tries = tries + 1, last_error = \(error), idempotency_key = \(key),
                        key_made_at = coalesce(\(time), key_made_at),
                        next_try_at = now() + make_interval(secs => \(delay / .seconds(1))), updated_at = now()
                    WHERE id = \(row.id) AND idempotency_key = \(row.key) AND status IN ('sending', 'unknown')
                    """))
    }

    /// Answers whose turn it is, for the janitor, who has a minute for them.
    static func claimDue(limit: Int, in pool: PostgresPool) async throws -> [String] {
        try await pool.query(
            """
            UPDATE dispute_answers SET next_try_at = now() + interval '1 minute'
            WHERE id IN (SELECT id FROM dispute_answers WHERE status IN ('sending', 'unknown') AND next_try_at <= now()
                         ORDER BY next_try_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING id
            """
        ).map { try $0.get("id") }
    }
}
