import Foundation
import Messages
import Messaging
import Models
import Postgres

/// Publishing events again: each time under an id of its own, recorded in `event_replays`.
enum Replays {
    private static let trail = AuditedTable(
        "event_replays", key: "stripe_event_id", of: "event", user: "NULL::text", hiding: ["stripe_event_id", "requested_by", "reason"])

    /// Why an event is not published again.
    enum Obstacle: String, Sendable {
        /// Another mode's or another account's: it is never processed here.
        case foreign
        /// Nobody subscribes to its type.
        case nobodySubscribes = "nobody_subscribes"
        /// Its payload was removed after the retention time.
        case payloadRemoved = "payload_removed"
        /// It waits to be published anyway.
        case notPublishedYet = "not_published_yet"
    }

    /// SQL that tells the obstacle of a row called `event`, NULL where there is none.
    private static let obstacle: Query = """
        CASE WHEN event.is_foreign THEN 'foreign'
             WHEN event.event_type <> ALL(\(Topology.stripeEventTypes.map(\.type))) THEN 'nobody_subscribes'
             WHEN event.raw_data IS NULL THEN 'payload_removed'
             WHEN event.published_at IS NULL THEN 'not_published_yet' END
        """

    /// What a filter selects, by type and obstacle.
    static func count(_ filter: EventFilter, in pool: PostgresPool) async throws -> [(type: String, obstacle: Obstacle?, count: Int64)] {
        try await pool.query(
            """
            SELECT event_type, \(query: obstacle) AS obstacle, count(*) AS count
            FROM stripe_webhooks AS event WHERE \(query: filter.condition) GROUP BY 1, 2 ORDER BY 1, 2
            """
        ).map { row in
            (
                try row.get("event_type"), try row.get("obstacle", as: String?.self).flatMap(Obstacle.init(rawValue:)),
                try row.get("count")
            )
        }
    }

    /// Has what a filter selects published again, the oldest first, at most `limit`; which.
    static func request(
        _ filter: EventFilter, by actor: String, because reason: String?, limit: Int, in work: UnitOfWork
    ) async throws -> [EventID] {
        let chosen: Query = """
            SELECT event.id FROM stripe_webhooks AS event
            WHERE \(query: filter.condition) AND \(query: obstacle) IS NULL ORDER BY event.id LIMIT \(limit) FOR UPDATE
            """
        return try await publishAgain(chosen, by: actor, because: reason, in: work)
    }

    /// Has events published again that a subscriber has said nothing about for longer than `silence`; twice as long after each time, up
    /// to 64 times as long. What a subscriber has given up, or nobody can read, is not repeated: that waits for an admin.
    static func requestSilent(for silence: Duration, limit: Int, in work: UnitOfWork) async throws -> [EventID] {
        let types = Topology.stripeEventTypes
        let chosen: Query = """
            SELECT event.id FROM stripe_webhooks AS event
            JOIN unnest(\(types.map(\.type)), \(types.map { Int64($0.queues.count) })) AS known (type, subscribers)
                 ON known.type = event.event_type
            WHERE NOT event.processed AND NOT event.is_foreign AND event.raw_data IS NOT NULL
              AND event.published_at < now() - make_interval(secs => \(silence.inSeconds) * 2 ^ least(event.replays, 6))
              AND (SELECT count(*) FROM event_outcomes AS outcome WHERE outcome.stripe_event_id = event.stripe_event_id)
                  BETWEEN CASE WHEN event.processing_error IS NULL THEN 0 ELSE 1 END AND known.subscribers - 1
            ORDER BY event.id LIMIT \(limit) FOR UPDATE OF event SKIP LOCKED
            """
        return try await publishAgain(chosen, by: "sweep", because: "a subscriber has not reported", in: work)
    }

    private static func publishAgain(
        _ chosen: Query, by actor: String, because reason: String?, in work: UnitOfWork
    ) async throws -> [EventID] {
        let again = try await work.query(
            """
            WITH chosen AS MATERIALIZED (\(query: chosen)), waiting AS (INSERT INTO webhooks_pending (id) SELECT id FROM chosen)
            UPDATE stripe_webhooks AS event SET replays = event.replays + 1, published_at = NULL
            FROM chosen WHERE event.id = chosen.id RETURNING event.stripe_event_id, event.replays
            """)
        let events = try again.map { try $0.get("stripe_event_id", as: EventID.self) }
        let numbers = try again.map { try $0.get("replays", as: Int32.self) }
        guard !events.isEmpty else { return [] }
        try await work.send(
            trail.change(
                "event.replayed", of: nil,
                by: """
                    INSERT INTO event_replays (stripe_event_id, number, requested_by, reason)
                    SELECT event, number, \(actor), \(reason) FROM unnest(\(events), \(numbers)) AS again (event, number)
                    """, personal: reason.map { ["reason": $0] } ?? [:]))
        return events
    }
}
