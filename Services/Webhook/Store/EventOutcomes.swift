import Messages
import Messaging
import Postgres

/// The table `event_outcomes`: what each subscriber made of an event.
enum EventOutcomes {
    private static let trail = AuditedTable(
        "event_outcomes", key: "stripe_event_id", of: "event", user: "NULL::text", hiding: ["stripe_event_id", "at"])

    /// Records what a subscriber made of an event, and calls the event processed once all have succeeded; false when there is no such
    /// event. A success is not taken back by a failure that is heard later.
    static func record(_ report: EventHandled, in work: UnitOfWork) async throws -> Bool {
        let id = report.stripeEventID
        guard let row = try await work.query("SELECT event_type FROM stripe_webhooks WHERE stripe_event_id = \(id) FOR UPDATE").first else {
            return false
        }
        try await work.query(
            trail.change(
                "event.reported", of: "stripe_event_id = \(id) AND service = \(report.service)",
                by: """
                    INSERT INTO event_outcomes AS known (stripe_event_id, service, outcome, error)
                    VALUES (\(id), \(report.service), \(report.outcome), \(report.error))
                    ON CONFLICT (stripe_event_id, service) DO UPDATE
                    SET outcome = CASE WHEN excluded.outcome = 'failed' THEN known.outcome ELSE excluded.outcome END,
                        error = CASE WHEN excluded.outcome = 'failed' THEN known.error ELSE excluded.error END,
                        attempts = known.attempts + 1, at = now()
                    """, calling: "known"))
        let subscribers = Topology.subscribers(ofStripeEvent: try row.get("event_type")).map(\.rawValue)
        try await work.query(
            """
            UPDATE stripe_webhooks AS event
            SET user_id = coalesce(event.user_id, \(report.userID)),
                processed = outcome.all_succeeded,
                processed_at = CASE WHEN outcome.all_succeeded THEN coalesce(event.processed_at, now()) END,
                processing_error = outcome.error
            FROM (SELECT count(*) FILTER (WHERE outcome <> 'failed') = \(subscribers.count) AS all_succeeded,
                         string_agg(service || ': ' || error, '; ' ORDER BY service) FILTER (WHERE outcome = 'failed') AS error
                  FROM event_outcomes WHERE stripe_event_id = \(id) AND service = ANY(\(subscribers))) AS outcome
            WHERE event.stripe_event_id = \(id)
            """)
        return true
    }
}

extension EventHandled.Outcome: PostgresEncodable {}
