package import Foundation
package import Messages
import Messaging
import Models
package import Postgres

/// The table `reconciliations` of a service: its passes over Stripe's lists.
package enum ListPasses {
    private static let trail = AuditedTable("reconciliations", key: "id", of: "reconciliation", user: "NULL::text")

    /// One pass, as it is shown.
    package struct Pass: Sendable, Encodable {
        /// Grows from pass to pass.
        package let id: Int64
        /// Which list.
        package let scope: String
        /// When it began.
        package let startedAt: Date
        /// Nil while it is under way.
        package let finishedAt: Date?
        /// When its first page was read, by Stripe's clock.
        package let asOf: Date?
        /// How many rows it has read.
        package let seen: Int64
        /// How many were different here, and are as at Stripe now.
        package let repaired: Int64
        /// How many could not be read.
        package let passedOver: Int64
        /// What Stripe has, as far as it has come.
        package let totals: [ReconciliationFinished.Total]
        /// Why it does not go on.
        package let error: String?
        /// The last row that was read.
        package let lastID: String?

        init(row: Row) throws {
            id = try row.get("id")
            scope = try row.get("scope")
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

    /// The pass that is under way, or a new one: the same for all who ask at once.
    static func open(_ scope: String, in pool: PostgresPool) async throws -> Pass {
        while true {
            if let row = try await pool.query("SELECT * FROM reconciliations WHERE scope = \(scope) AND finished_at IS NULL").first {
                return try Pass(row: row)
            }
            let begun = try await pool.query(
                trail.change(
                    "reconciliation.begun", of: nil,
                    by: """
                        INSERT INTO reconciliations (scope) VALUES (\(scope))
                        ON CONFLICT (scope) WHERE finished_at IS NULL DO NOTHING
                        """))
            if let row = begun.first { return try Pass(row: row) }
        }
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

    /// Notes the page that was read behind `pass`, and the end of the pass where it was the last. Nil where somebody else has noted it before.
    static func note(_ progress: Progress, of pass: Pass, in work: UnitOfWork) async throws -> Pass? {
        let rows = try await work.query(
            trail.change(
                progress.isEnd ? "reconciliation.finished" : "reconciliation.counted", of: "id = \(pass.id)",
                by: """
                    UPDATE reconciliations
                    SET as_of = coalesce(as_of, \(progress.asOf)), last_id = coalesce(\(progress.lastID), last_id),
                        seen = seen + \(Int64(progress.seen)), repaired = repaired + \(Int64(progress.repaired)),
                        passed_over = passed_over + \(Int64(progress.passedOver)), totals = \(try JSON(encoding: progress.totals)), error = NULL,
                        finished_at = CASE WHEN \(progress.isEnd) THEN now() END
                    WHERE id = \(pass.id) AND finished_at IS NULL AND last_id IS NOT DISTINCT FROM \(pass.lastID)
                    """))
        return try rows.first.map(Pass.init(row:))
    }

    /// A pass as it is now.
    static func current(_ pass: Pass, in work: UnitOfWork) async throws -> Pass {
        try Pass(row: try await work.query("SELECT * FROM reconciliations WHERE id = \(pass.id)")[0])
    }

    /// Why a pass does not go on.
    static func fail(_ pass: Pass, because error: String, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "reconciliation.failed", of: "id = \(pass.id)",
                by: "UPDATE reconciliations SET error = \(error) WHERE id = \(pass.id) AND finished_at IS NULL"))
    }

    /// The newest of each list, the newest that came to its end, and the newest that repaired something.
    package static func latest(in pool: PostgresPool) async throws -> [Pass] {
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
