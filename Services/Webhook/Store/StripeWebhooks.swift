import Foundation
import Messages
import Messaging
import Models
import Postgres
import Stripe

/// The table `stripe_webhooks`: what came in.
///
/// Events that are stored together have one entry in the trail, with the hash of each body: so what Stripe signed is sealed, too.
enum StripeWebhooks {
    /// Stores events in one statement and returns how many were new; those that are there already are left as they are.
    static func insert(_ events: [ReceivedEvent], in database: some Querying) async throws -> Int {
        let settled = events.map { $0.foreign == nil && !$0.hasSubscribers }
        let unpublished = events.map(\.isToBePublished)
        let insert: Query = """
            INSERT INTO stripe_webhooks (stripe_event_id, event_type, object_id, api_version, livemode, account, stripe_created_at,
                                         raw_data, source, signature_header, secret_fingerprint, traceparent, processing_error,
                                         is_foreign, processed, processed_at, published_at)
            SELECT id, type, object, version, livemode, account, created, raw, source, header, fingerprint, trace, error,
                   error IS NOT NULL, settled, CASE WHEN settled THEN now() END, CASE WHEN NOT unpublished THEN now() END
            FROM unnest(\(events.map(\.head.id)), \(events.map(\.head.type)), \(events.map(\.head.objectID)),
                        \(events.map(\.head.apiVersion)), \(events.map(\.head.livemode)), \(events.map(\.head.account)),
                        \(events.map(\.head.created)), \(events.map(\.rawData)), \(events.map(\.source.rawValue)),
                        \(events.map(\.signatureHeader)), \(events.map(\.secretFingerprint)), \(events.map(\.traceparent)),
                        \(events.map(\.foreign)), \(settled), \(unpublished))
                 AS event (id, type, object, version, livemode, account, created, raw, source, header, fingerprint, trace, error, settled,
                           unpublished)
            ON CONFLICT (stripe_event_id) DO NOTHING
            RETURNING stripe_event_id, encode(sha256(raw_data), 'hex') AS sha256
            """
        let told = insert.auditedTogether(
            "events.stored", to: "events", id: "min(stripe_event_id)", after: "jsonb_object_agg(stripe_event_id, sha256)")
        return try await database.query(told).affectedRows
    }

    /// Those of `events` whose stored body has other bytes, with these.
    static func different(_ events: [ReceivedEvent], in pool: PostgresPool) async throws -> [(event: ReceivedEvent, stored: [UInt8])] {
        try await pool.query(
            """
            SELECT event.place, stored.raw_data
            FROM unnest(\(events.map(\.head.id)), \(events.map(\.rawData))) WITH ORDINALITY AS event (id, raw, place)
            JOIN stripe_webhooks AS stored ON stored.stripe_event_id = event.id AND stored.raw_data <> event.raw
            """
        ).map { row in (events[Int(try row.get("place", as: Int64.self)) - 1], try row.get("raw_data")) }
    }

    /// Removes payloads that came before `day`, oldest first, and keeps their hashes; how many, at most `limit`.
    static func strip(before day: Date, limit: Int, in pool: PostgresPool) async throws -> Int {
        Int(try await pool.removeOld("stripe_webhooks.raw_data", by: "SELECT strip_payloads(\(day), \(Int32(limit))) AS removed"))
    }
}
