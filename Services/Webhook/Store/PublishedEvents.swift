import Foundation
import Messages
import Messaging
import Models
import Postgres
import RabbitMQ
import Stripe

/// `stripe_webhooks` as its own outbox: what is to be published is read from the signed bytes, here and not while Stripe waits.
struct PublishedEvents: RelaySource {
    let alerts: Alerts

    var name: String { "stripe_webhooks" }

    private static let unreadable = Alert(
        "webhook_unreadable_event",
        remedy: "Look at the event (GET /admin/webhooks/{id}) and report its shape; replay it once this can read it.")
    private static let undecodable = Alert(
        "webhook_undecodable_object",
        remedy: "See in which API version the endpoint at Stripe sends, and replay the events once they can be read.")

    /// The oldest events that are not published yet. One that turns out to be unreadable is marked and never published: it must not
    /// stand in the way of the others.
    func claim(
        limit: Int, from lowest: Int64, in transaction: PostgresTransaction
    ) async throws -> [PendingPublication] {
        let waiting: Query = """
            SELECT id, stripe_event_id, raw_data, traceparent, received_at, replays
            FROM (SELECT id FROM webhooks_pending WHERE id >= \(lowest) AND (not_before IS NULL OR not_before <= now())
                  ORDER BY id LIMIT \(limit) FOR UPDATE SKIP LOCKED) AS pending
            JOIN stripe_webhooks USING (id)
            """
        let rows = try await transaction.query(firstForRelay(of: waiting, body: "raw_data"))
        var pending: [PendingPublication] = []
        for row in rows {
            do {
                let body: [UInt8] = try row.get("raw_data")
                let envelope = try StripeEventEnvelope(json: body)
                if let reason = envelope.undecodable { try await tell(of: envelope, reason) }
                pending.append(try Self.publication(of: envelope, row, bytes: body.count))
            } catch let error as StripeError {
                let id: Int64 = try row.get("id")
                try await transaction.send(
                    "UPDATE stripe_webhooks SET processing_error = \(error.message ?? "unreadable") WHERE id = \(id)")
                try await markPublished([id], in: transaction)
                try await alerts.raise(
                    Self.unreadable, about: try row.get("stripe_event_id"), "The event is stored and cannot be decoded.")
            }
        }
        return pending
    }

    /// The id of an event's message. A replay is another message about the same event: inboxes that know the first must take it.
    static func messageID(of event: EventID, replay: Int32) -> String {
        event.rawValue + (replay == 0 ? "" : "#\(replay)")
    }

    /// Tells the operator why the object of an event cannot be read. Its subscribers hear it with the event, and report it as their failure.
    private func tell(of envelope: StripeEventEnvelope, _ reason: String) async throws {
        try await alerts.raise(
            Self.undecodable, about: envelope.type,
            "The object of these events cannot be decoded: \(reason) (event \(envelope.id), API version \(envelope.apiVersion ?? "unknown"))."
        )
    }

    private static func publication(of envelope: StripeEventEnvelope, _ row: Row, bytes: Int) throws -> PendingPublication {
        let trace = try row.get("traceparent", as: String?.self).flatMap(TraceContext.init(traceparent:))
        let message = StripeEventReceived(
            stripeEventID: envelope.id, eventType: envelope.type, created: envelope.created, apiVersion: envelope.apiVersion,
            objectID: envelope.objectID, object: envelope.object, undecodable: envelope.undecodable)
        let event = CloudEvent(
            message, id: messageID(of: envelope.id, replay: try row.get("replays")), source: .webhook, time: try row.get("received_at"),
            trace: trace?.child())
        return PendingPublication(
            key: try row.get("id"),
            publication: Publication(
                exchange: StripeEventReceived.exchange.rawValue, routingKey: message.type, body: try WireJSON.encode(event),
                contentType: cloudEventMediaType, messageID: event.id, headers: event.traceparent.map { ["traceparent": $0] } ?? [:]),
            bytes: bytes)
    }

    func markPublished(_ keys: [Int64], in transaction: PostgresTransaction) async throws {
        try await transaction.send("DELETE FROM webhooks_pending WHERE id = ANY(\(keys))")
        try await transaction.send("UPDATE stripe_webhooks SET published_at = now() WHERE id = ANY(\(keys))")
    }

    func postpone(_ keys: [Int64], in transaction: PostgresTransaction) async throws {
        try await transaction.send(
            "UPDATE webhooks_pending SET returns = returns + 1, not_before = \(query: returnedUntil) WHERE id = ANY(\(keys))")
    }

    func hasPostponed(in pool: PostgresPool) async throws -> Bool {
        try await !pool.query("SELECT FROM webhooks_pending WHERE returns > 0 LIMIT 1").isEmpty
    }

    /// Has events of these keys that were received since then wait once more, of five weeks at most: for so long inboxes know what was done. What
    /// is still here of a payload is published; nothing else.
    func publishAgain(_ routingKeys: [String], since: Date, in work: UnitOfWork) async throws -> Int {
        let types = routingKeys.filter { $0.hasPrefix("stripe.") }.map { $0.dropFirst("stripe.".count) }.map(String.init)
        if types.isEmpty { return 0 }
        try await work.transaction.readWholeTables()
        return try await work.query(
            """
            INSERT INTO webhooks_pending (id)
            SELECT id FROM stripe_webhooks
            WHERE received_at >= greatest(\(since), now() - interval '35 days') AND event_type = ANY(\(types)) AND NOT is_foreign AND raw_data IS NOT NULL
            ON CONFLICT (id) DO NOTHING
            """
        ).affectedRows
    }
}
