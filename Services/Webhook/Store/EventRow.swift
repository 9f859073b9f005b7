import Foundation
import Models
import Postgres

/// An event as it is stored, and as admins see it, but for its place in the table.
struct EventRow: Sendable, Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, type, objectID, userID, apiVersion, livemode, account, source, createdAt, receivedAt, publishedAt, replays, processed
        case processedAt, processingError
        case isForeign = "foreign"
    }

    let number: Int64
    let id: EventID
    let type: String
    let objectID: String?
    let userID: UserID?
    let apiVersion: String?
    let livemode: Bool
    let account: String?
    /// `webhook`: posted by Stripe and signed; `reconciliation`: read from Stripe because it never came.
    let source: String
    let createdAt: Date
    let receivedAt: Date
    let publishedAt: Date?
    let replays: Int32
    let processed: Bool
    let processedAt: Date?
    let processingError: String?
    /// Of the other mode or another account: never processed.
    let isForeign: Bool

    private static let columns: Query = """
        event.id, event.stripe_event_id, event.event_type, event.object_id, event.user_id, event.api_version, event.livemode,
        event.account, event.source, event.stripe_created_at, event.received_at, event.published_at, event.replays, event.processed,
        event.processed_at, event.processing_error, event.is_foreign
        """

    init(_ row: Row) throws {
        number = try row.get("id")
        id = try row.get("stripe_event_id")
        type = try row.get("event_type")
        objectID = try row.get("object_id")
        userID = try row.get("user_id")
        apiVersion = try row.get("api_version")
        livemode = try row.get("livemode")
        account = try row.get("account")
        source = try row.get("source")
        createdAt = try row.get("stripe_created_at")
        receivedAt = try row.get("received_at")
        publishedAt = try row.get("published_at")
        replays = try row.get("replays")
        processed = try row.get("processed")
        processedAt = try row.get("processed_at")
        processingError = try row.get("processing_error")
        isForeign = try row.get("is_foreign")
    }

    /// The newest first, from behind `number`; one more than `limit`, if there is one.
    static func list(_ filter: EventFilter, behind number: Int64?, limit: Int, in pool: PostgresPool) async throws -> [EventRow] {
        let number = number ?? .max
        return try await pool.query(
            """
            SELECT \(query: columns) FROM stripe_webhooks AS event
            WHERE \(query: filter.condition) AND event.id < \(number) ORDER BY event.id DESC LIMIT \(limit + 1)
            """
        ).map(EventRow.init)
    }

    static func find(_ id: EventID, in pool: PostgresPool) async throws -> EventRow? {
        try await pool.query("SELECT \(query: columns) FROM stripe_webhooks AS event WHERE event.stripe_event_id = \(id)").first
            .map(EventRow.init)
    }
}
