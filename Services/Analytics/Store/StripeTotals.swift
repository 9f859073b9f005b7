import Messages
import Messaging
import Postgres

/// The table `stripe_totals`: what Stripe has in all.
enum StripeTotals {
    private static let trail = AuditedTable(
        "stripe_totals", key: "scope", of: "reconciliation", named: "changed.service || ' ' || changed.scope", user: "NULL::text",
        hiding: ["version"])

    /// Keeps what the newest pass over a list has found.
    static func record(_ pass: ReconciliationFinished, in work: UnitOfWork) async throws {
        try await work.query(
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
                    """, calling: "known"))
    }
}
