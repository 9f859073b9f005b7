import Foundation
import Messages
import Messaging
import Postgres
import ServiceKit

/// The table `stripe_totals`: what Stripe has in all.
enum StripeTotals {
    private static let trail = AuditedTable(
        "stripe_totals", key: "scope", of: "reconciliation", named: "changed.service || ' ' || changed.scope", user: "NULL::text",
        hiding: ["version"], ignoring: ["compared_at"])

    /// What Stripe has by one list.
    struct Total: Sendable, Encodable {
        let service: String
        let scope: String
        /// By Stripe's clock.
        let asOf: Date
        let seen: Int64
        let repaired: Int64
        let passedOver: Int64
        let totals: JSONTree?
    }

    static func all(in pool: PostgresPool) async throws -> [Total] {
        try await pool.query("SELECT * FROM stripe_totals ORDER BY service, scope").map { row in
            Total(
                service: try row.get("service"), scope: try row.get("scope"), asOf: try row.get("as_of"), seen: try row.get("seen"),
                repaired: try row.get("repaired"), passedOver: try row.get("passed_over"), totals: try JSONTree(row.get("totals")))
        }
    }

    /// Keeps what the newest pass over a list has found, and whether it is to be compared: once a day by Stripe's clock, and each time while
    /// something differs.
    static func record(_ pass: ReconciliationFinished, in work: UnitOfWork) async throws -> Bool {
        let rows = try await work.query(
            trail.change(
                "reconciliation.heard", of: "service = \(pass.service) AND scope = \(pass.scope)",
                by: """
                    INSERT INTO stripe_totals AS known (service, scope, version, as_of, seen, repaired, passed_over, totals)
                    VALUES (\(pass.service), \(pass.scope), \(pass.version), \(pass.asOf), \(pass.seen), \(pass.repaired), \(pass.passedOver),
                            \(try JSON(encoding: pass.totals)))
                    ON CONFLICT (service, scope) DO UPDATE
                    SET version = excluded.version, as_of = excluded.as_of, seen = excluded.seen, repaired = excluded.repaired, passed_over = excluded.passed_over,
                        totals = excluded.totals, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known",
                returning: """
                    changed.compared_at IS NULL OR changed.compared_at <= changed.as_of - interval '1 day'
                    OR EXISTS (SELECT FROM stripe_differences AS known
                               WHERE (known.service, known.scope) = (changed.service, changed.scope)) AS is_due
                    """))
        return try rows.first?.get("is_due") ?? false
    }

    /// Notes that a pass was compared.
    static func compared(_ pass: ReconciliationFinished, in work: UnitOfWork) async throws {
        try await work.send(
            "UPDATE stripe_totals SET compared_at = \(pass.asOf) WHERE service = \(pass.service) AND scope = \(pass.scope)")
    }
}
