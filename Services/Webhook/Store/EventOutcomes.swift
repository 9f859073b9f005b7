import Messages
import Messaging
import Models
import Postgres

/// The table `event_outcomes`: what each subscriber made of an event.
enum EventOutcomes {
    /// Records what subscribers made of events, and calls each event processed once all of its own have succeeded; returns those reports whose
    /// event is not here. A success is not taken back by a failure that is heard later.
    static func record(_ heard: [Heard<EventHandled>], in work: UnitOfWork) async throws -> [Heard<EventHandled>] {
        let types = try await lock(Set(heard.map(\.message.stripeEventID)), in: work)
        let reports = heard.filter { types[$0.message.stripeEventID] != nil }
        if !reports.isEmpty {
            try await keep(Report.together(reports), in: work)
            try await settle(reports.map(\.message), types, in: work)
        }
        return heard.filter { types[$0.message.stripeEventID] == nil }
    }

    /// The types of those events that are here, which nobody else judges until this transaction ends.
    private static func lock(_ events: Set<EventID>, in work: UnitOfWork) async throws -> [EventID: String] {
        let rows = try await work.query(
            """
            SELECT stripe_event_id, event_type FROM stripe_webhooks WHERE stripe_event_id = ANY(\(Array(events)))
            ORDER BY stripe_event_id FOR NO KEY UPDATE
            """)
        return try Dictionary(
            rows.map { (try $0.get("stripe_event_id"), try $0.get("event_type")) }, uniquingKeysWith: { first, _ in first })
    }

    /// What one subscriber has reported of one event, in one message or several.
    private struct Report {
        var newest: Heard<EventHandled>
        var attempts: Int32 = 1

        static func together(_ heard: [Heard<EventHandled>]) -> [Report] {
            let reports = Dictionary(heard.map { ($0.message.place, Report(newest: $0)) }) { known, next in
                let isTakenBack = next.newest.message.outcome == .failed && known.newest.message.outcome != .failed
                return Report(newest: isTakenBack ? known.newest : next.newest, attempts: known.attempts + next.attempts)
            }
            return reports.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// Reports that come together have one entry in the trail, which says of each what it is.
    private static func keep(_ reports: [Report], in work: UnitOfWork) async throws {
        let told = reports.map(\.newest.message)
        let insert: Query = """
            INSERT INTO event_outcomes AS known (stripe_event_id, service, outcome, error, attempts)
            SELECT * FROM unnest(\(told.map(\.stripeEventID)), \(told.map(\.service.rawValue)), \(told.map(\.outcome)), \(told.map(\.error)),
                                 \(reports.map(\.attempts)))
            ON CONFLICT (stripe_event_id, service) DO UPDATE
            SET outcome = CASE WHEN excluded.outcome = 'failed' THEN known.outcome ELSE excluded.outcome END,
                error = CASE WHEN excluded.outcome = 'failed' THEN known.error ELSE excluded.error END,
                attempts = known.attempts + excluded.attempts, at = now()
            RETURNING known.*
            """
        try await work.send(
            insert.auditedTogether(
                "events.reported", to: "events", id: "min(stripe_event_id)",
                after: """
                    jsonb_object_agg(stripe_event_id || ' ' || service,
                                     jsonb_strip_nulls(jsonb_build_object('outcome', outcome, 'error', error, 'attempts', attempts)))
                    """))
    }

    /// Judges each event by all that is reported of it.
    private static func settle(_ reports: [EventHandled], _ types: [EventID: String], in work: UnitOfWork) async throws {
        let events = types.sorted { $0.key.rawValue < $1.key.rawValue }
        let subscribers = events.map { Topology.subscribers(ofStripeEvent: $0.value).map(\.rawValue).joined(separator: " ") }
        let users = events.map { event in reports.last { $0.stripeEventID == event.key && $0.userID != nil }?.userID }
        try await work.send(
            """
            UPDATE stripe_webhooks AS event
            SET user_id = coalesce(event.user_id, judged.user_id), processed = judged.all_succeeded,
                processed_at = CASE WHEN judged.all_succeeded THEN coalesce(event.processed_at, now()) END,
                processing_error = judged.error
            FROM (SELECT told.id, told.user_id,
                         count(*) FILTER (WHERE outcome <> 'failed') = cardinality(told.subscribers) AS all_succeeded,
                         string_agg(service || ': ' || error, '; ' ORDER BY service) FILTER (WHERE outcome = 'failed') AS error
                  FROM (SELECT id, string_to_array(subscribers, ' ') AS subscribers, user_id
                        FROM unnest(\(events.map(\.key)), \(subscribers), \(users)) AS told (id, subscribers, user_id)) AS told
                  LEFT JOIN event_outcomes ON stripe_event_id = told.id AND service = ANY(told.subscribers)
                  GROUP BY told.id, told.user_id, told.subscribers) AS judged
            WHERE event.stripe_event_id = judged.id
            """)
    }
}

extension EventHandled {
    /// What tells a subscriber's word on an event from all others.
    fileprivate var place: String { "\(stripeEventID) \(service.rawValue)" }
}

extension EventHandled.Outcome: PostgresEncodable, PostgresDecodable, PostgresArrayElement {}
