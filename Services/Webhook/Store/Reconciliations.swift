import Foundation
import Messaging
import Postgres

/// The table `reconciliations`: each comparison with Stripe's own list of events.
enum Reconciliations {
    private static let trail = AuditedTable("reconciliations", key: "id", of: "reconciliation", user: "NULL::text")

    /// What is compared: events that Stripe could not deliver, or all of them.
    enum Scope: String, Encodable, Sendable {
        case undelivered, all
    }

    /// One comparison, as it is shown.
    struct Pass: Sendable, Encodable {
        let scope: Scope
        let from: Date
        let to: Date?
        let startedAt: Date
        let finishedAt: Date?
        let seen: Int32
        let repaired: Int32
        let passedOver: Int32
        let error: String?
    }

    /// Up to when Stripe's list has been compared without a gap; nil before the first time.
    static func reached(_ scope: Scope, in pool: PostgresPool) async throws -> Date? {
        try await pool.query(
            "SELECT max(window_to) AS reached FROM reconciliations WHERE scope = \(scope.rawValue) AND finished_at IS NOT NULL AND error IS NULL"
        ).first?.get("reached")
    }

    /// Whether the last comparison that came to its end began longer ago than that.
    static func isDue(_ scope: Scope, every interval: Duration, in pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            """
            SELECT FROM reconciliations WHERE scope = \(scope.rawValue) AND finished_at IS NOT NULL AND error IS NULL
              AND started_at > now() - make_interval(secs => \(interval.inSeconds)) LIMIT 1
            """
        ).isEmpty
    }

    static func begin(_ scope: Scope, from: Date, in pool: PostgresPool) async throws -> Int64 {
        try await pool.query(
            trail.change(
                "reconciliation.begun", of: nil,
                by: "INSERT INTO reconciliations (scope, window_from) VALUES (\(scope.rawValue), \(from))"))[0].get("id")
    }

    static func count(_ id: Int64, seen: Int, repaired: Int, passedOver: Int, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "reconciliation.counted", of: "id = \(id)",
                by: """
                    UPDATE reconciliations SET seen = seen + \(Int32(clamping: seen)), repaired = repaired + \(Int32(clamping: repaired)),
                        passed_over = passed_over + \(Int32(clamping: passedOver))
                    WHERE id = \(id)
                    """))
    }

    static func finish(_ id: Int64, through: Date, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "reconciliation.finished", of: "id = \(id)",
                by: "UPDATE reconciliations SET finished_at = now(), window_to = \(through) WHERE id = \(id)"))
    }

    static func fail(_ id: Int64, because error: String, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "reconciliation.failed", of: "id = \(id)",
                by: "UPDATE reconciliations SET finished_at = now(), error = \(error) WHERE id = \(id)"))
    }

    /// The newest of each scope, and the newest that repaired something, the newest first.
    static func latest(in pool: PostgresPool) async throws -> [Pass] {
        try await pool.query(
            """
            SELECT scope, window_from, window_to, started_at, finished_at, seen, repaired, passed_over, error FROM reconciliations
            WHERE id IN (SELECT max(id) FROM reconciliations GROUP BY scope
                         UNION SELECT max(id) FROM reconciliations WHERE repaired > 0 GROUP BY scope)
            ORDER BY id DESC
            """
        ).map { row in
            Pass(
                scope: Scope(rawValue: try row.get("scope")) ?? .all, from: try row.get("window_from"), to: try row.get("window_to"),
                startedAt: try row.get("started_at"), finishedAt: try row.get("finished_at"), seen: try row.get("seen"),
                repaired: try row.get("repaired"), passedOver: try row.get("passed_over"), error: try row.get("error"))
        }
    }
}
