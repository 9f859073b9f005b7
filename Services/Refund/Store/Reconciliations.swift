import Foundation
import Messages
import Messaging
import Models
import Postgres

/// The table `reconciliations`: passes over Stripe's lists of refunds and disputes.
enum Reconciliations {
    private static let trail = AuditedTable("reconciliations", key: "id", of: "reconciliation", user: "NULL::text")

    /// Which list.
    enum Scope: String, Encodable, Sendable, CaseIterable {
        case refunds, disputes
    }

    /// One pass, as it is shown.
    struct Pass: Sendable, Encodable {
        let id: Int64
        let scope: Scope
        let startedAt: Date
        let finishedAt: Date?
        /// When its first page was read, by Stripe's clock.
        let asOf: Date?
        let seen: Int64
        let repaired: Int64
        let passedOver: Int64
        let totals: [ReconciliationFinished.Total]
        let error: String?
        /// The last row that was read.
        let lastID: String?

        init(row: Row) throws {
            id = try row.get("id")
            scope = Scope(rawValue: try row.get("scope")) ?? .refunds
            startedAt = try row.get("started_at")
            finishedAt = try row.get("finished_at")
            asOf = try row.get("as_of")
            seen = try row.get("seen")
            repaired = try row.get("repaired")
            passedOver = try row.get("passed_over")
            totals = try WireJSON.decode([ReconciliationFinished.Total].self, from: row.get("totals", as: JSON.self).bytes)
            error = try row.get("error")
            lastID = try row.get("last_id")
        }
    }

    /// The pass that is under way, or a new one.
    static func open(_ scope: Scope, in pool: PostgresPool) async throws -> Pass {
        if let row = try await pool.query("SELECT * FROM reconciliations WHERE scope = \(scope.rawValue) AND finished_at IS NULL").first {
            return try Pass(row: row)
        }
        let rows = try await pool.query(
            trail.change("reconciliation.begun", of: "false", by: "INSERT INTO reconciliations (scope) VALUES (\(scope.rawValue))"))
        return try Pass(row: rows[0])
    }

    /// What a page added.
    struct Progress: Sendable {
        var asOf: Date
        var lastID: String?
        var seen: Int
        var repaired: Int
        var passedOver: Int
        var totals: [ReconciliationFinished.Total]
        var isEnd: Bool
    }

    /// Notes a page that was read, and the end of the pass where it was the last.
    static func note(_ progress: Progress, of pass: Pass, in work: UnitOfWork) async throws -> Pass {
        let rows = try await work.query(
            trail.change(
                progress.isEnd ? "reconciliation.finished" : "reconciliation.counted", of: "id = \(pass.id)",
                by: """
                    UPDATE reconciliations
                    SET as_of = coalesce(as_of, \(progress.asOf)), last_id = coalesce(\(progress.lastID), last_id),
                        seen = seen + \(Int64(progress.seen)), repaired = repaired + \(Int64(progress.repaired)),
                        passed_over = passed_over + \(Int64(progress.passedOver)), totals = \(try JSON(encoding: progress.totals)), error = NULL,
                        finished_at = CASE WHEN \(progress.isEnd) THEN now() END
                    WHERE id = \(pass.id)
                    """))
        return try Pass(row: rows[0])
    }

    /// Why a pass does not go on.
    static func fail(_ pass: Pass, because error: String, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "reconciliation.failed", of: "id = \(pass.id)",
                by: "UPDATE reconciliations SET error = \(error) WHERE id = \(pass.id)"))
    }

    /// The newest of each list, the newest that came to its end, and the newest that repaired something.
    static func latest(in pool: PostgresPool) async throws -> [Pass] {
        try await pool.query(
            """
            SELECT * FROM reconciliations
            WHERE id IN (SELECT max(id) FROM reconciliations GROUP BY scope
                         UNION SELECT max(id) FROM reconciliations WHERE finished_at IS NOT NULL GROUP BY scope
                         UNION SELECT max(id) FROM reconciliations WHERE repaired > 0 GROUP BY scope)
            ORDER BY id DESC
            """
        ).map(Pass.init(row:))
    }
}
