import Postgres
import TestKit

extension TestDatabase {
    /// What all services together have not worked off yet: each part with how much of it is left, and the least of its errors; nil when there is
    /// nothing. `further` are more parts: name, count and what else there is to say, as rows of a SELECT.
    func underWay(and further: Query? = nil) async throws -> String? {
        var parts: Query = """
            SELECT 'events', count(*), min(event_type) FROM webhook.stripe_webhooks WHERE NOT processed AND processing_error IS NULL
            UNION ALL SELECT 'looks', count(*), min(last_error) FROM enforcement.access
                WHERE asked_at IS NOT NULL OR stop_due_at IS NOT NULL OR claimed_until IS NOT NULL
            UNION ALL SELECT 'refunds', count(*), min(last_error) FROM refund.refunds WHERE status IN ('reserved', 'unknown')
            UNION ALL SELECT 'answers', count(*), min(last_error) FROM refund.dispute_answers WHERE status IN ('sending', 'unknown')
            """
        for service in ["checkout", "refund", "enforcement"] {
            let outbox = "\(service).outbox"
            parts =
                parts + """
                     UNION ALL SELECT \(outbox), count(*), NULL FROM \(unsafe: outbox) WHERE published_at IS NULL
                    """
        }
        for service in ["checkout", "webhook", "refund", "analytics", "enforcement"] {
            let inbox = "\(service).inbox"
            parts =
                parts + """
                     UNION ALL SELECT \(inbox), count(*), min(last_error) FROM \(unsafe: inbox) WHERE status <> 'done'
                    """
        }
        if let further { parts = parts + " UNION ALL \(query: further)" }
        let row = try await observer.query(
            """
            SELECT string_agg(concat_ws(' ', part, count, detail), ', ') AS left_over
            FROM (\(query: parts)) AS parts (part, count, detail) WHERE count > 0
            """
        ).first
        return try row?.get("left_over")
    }
}
