import Foundation
import Messages
import Messaging
import Models
import Postgres
import RabbitMQ
import Stripe

/// The table `stripe_webhooks`.
struct StripeWebhooks: Sendable {
    /// Stores events in one statement; those that are there already are left as they are.
    func insert(_ events: [ReceivedEvent], in pool: PostgresPool) async throws {
        let settled = events.map { $0.foreign == nil && !$0.hasSubscribers }
        let unpublished = events.map { $0.foreign == nil && $0.hasSubscribers }
        let insert: Query = """
            INSERT INTO stripe_webhooks (stripe_event_id, event_type, object_id, api_version, livemode, account, stripe_created_at,
                                         raw_data, signature_header, secret_fingerprint, traceparent, processing_error, processed,
                                         processed_at, published_at)
            SELECT id, type, object, version, livemode, account, created, raw, header, fingerprint, trace, error, settled,
                   CASE WHEN settled THEN now() END, CASE WHEN NOT unpublished THEN now() END
            FROM unnest(\(events.map(\.envelope.id)), \(events.map(\.envelope.type)), \(events.map(\.envelope.objectID)),
                        \(events.map(\.envelope.apiVersion)), \(events.map(\.envelope.livemode)), \(events.map(\.envelope.account)),
                        \(events.map(\.envelope.created)), \(events.map(\.rawData)), \(events.map(\.signatureHeader)),
                        \(events.map(\.secretFingerprint)), \(events.map(\.traceparent)), \(events.map(\.foreign)), \(settled),
                        \(unpublished))
                 AS event (id, type, object, version, livemode, account, created, raw, header, fingerprint, trace, error, settled,
                           unpublished)
            ON CONFLICT (stripe_event_id) DO NOTHING
            """
        try await pool.query(insert.prepared())
    }

    /// Records what a subscriber made of an event, and calls the event processed once all have succeeded; false when there is no such
    /// event. A success is not taken back by a failure that is heard later.
    func record(_ report: EventHandled, in work: UnitOfWork) async throws -> Bool {
        let id = report.stripeEventID
        guard let row = try await work.query("SELECT event_type FROM stripe_webhooks WHERE stripe_event_id = \(id) FOR UPDATE").first else {
            return false
        }
        try await work.query(
            """
            INSERT INTO event_outcomes AS known (stripe_event_id, service, outcome, error)
            VALUES (\(id), \(report.service), \(report.outcome), \(report.error))
            ON CONFLICT (stripe_event_id, service) DO UPDATE
            SET outcome = CASE WHEN excluded.outcome = 'failed' THEN known.outcome ELSE excluded.outcome END,
                error = CASE WHEN excluded.outcome = 'failed' THEN known.error ELSE excluded.error END,
                attempts = known.attempts + 1, at = now()
            """)
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

extension StripeWebhooks: RelaySource {
    /// The oldest events that are not published yet. What is published is read from the signed bytes, here and not while Stripe waits.
    func claim(limit: Int, in transaction: PostgresTransaction) async throws -> [PendingPublication] {
        try await transaction.query(
            """
            SELECT id, raw_data, traceparent, received_at FROM stripe_webhooks
            WHERE published_at IS NULL AND (not_before IS NULL OR not_before <= now()) ORDER BY id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            """
        ).map { row in
            let envelope = try StripeEventEnvelope(json: row.get("raw_data"))
            let trace = try row.get("traceparent", as: String?.self).flatMap(TraceContext.init(traceparent:))
            let message = StripeEventReceived(
                stripeEventID: envelope.id, eventType: envelope.type, created: envelope.created, apiVersion: envelope.apiVersion,
                objectID: envelope.objectID, object: envelope.object)
            let event = CloudEvent(
                message, id: envelope.id.rawValue, source: .webhook, time: try row.get("received_at"), trace: trace?.child())
            return PendingPublication(
                key: try row.get("id"),
                publication: Publication(
                    exchange: StripeEventReceived.exchange.rawValue, routingKey: message.type, body: try WireJSON.encode(event),
                    contentType: cloudEventMediaType, messageID: event.id, headers: event.traceparent.map { ["traceparent": $0] } ?? [:]))
        }
    }

    func markPublished(_ keys: [Int64], in transaction: PostgresTransaction) async throws {
        try await transaction.query("UPDATE stripe_webhooks SET published_at = now() WHERE id = ANY(\(keys))")
    }

    func postpone(_ keys: [Int64], in transaction: PostgresTransaction) async throws {
        try await transaction.query(
            "UPDATE stripe_webhooks SET not_before = now() + interval '5 seconds' WHERE id = ANY(\(keys))")
    }
}

extension ServiceName: PostgresEncodable {}
extension EventHandled.Outcome: PostgresEncodable {}
