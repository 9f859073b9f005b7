import Messaging
import Models
import Postgres
import Stripe

/// The table `event_conflicts`: known ids that came with another body.
enum EventConflicts {
    private static let trail = AuditedTable(
        "event_conflicts", key: "id", of: "event", named: "changed.stripe_event_id", user: "NULL::text", hiding: ["raw_data"])

    /// Keeps the body once, however often it comes.
    static func keep(_ event: ReceivedEvent, signature: String, secret: String, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "event.conflicting", of: nil,
                by: """
                    INSERT INTO event_conflicts (stripe_event_id, raw_sha256, raw_data, signature_header, secret_fingerprint)
                    VALUES (\(event.head.id), sha256(\(event.rawData)), \(event.rawData), \(signature), \(secret))
                    ON CONFLICT (stripe_event_id, raw_sha256) DO NOTHING
                    """))
    }
}
