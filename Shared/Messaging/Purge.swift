package import Logging
package import Postgres

/// Removes what nobody will ask for again: messages that the broker has had for a week, the ids of messages done five weeks ago, and
/// callers' idempotency keys after their 24 hours.
///
/// A week is how far back a queue that lost its data can be filled again from the outbox. Five weeks are longer than Stripe redelivers an
/// event (three days) or lists it (30 days), so no message comes back after its id is forgotten. Parked messages stay.
package struct Purge: Sendable {
    private let pool: PostgresPool
    private let logger: Logger

    /// Rows of one statement: over before anybody notices it.
    private static let batch = 1000

    /// A purge of the tables in `pool`'s schema.
    package init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// Removes all that is old enough, batch by batch.
    package func callAsFunction() async throws {
        let published = try await removeAll(
            """
            DELETE FROM outbox WHERE id IN (
                SELECT id FROM outbox WHERE published_at < now() - interval '7 days' ORDER BY published_at
                LIMIT \(Self.batch) FOR UPDATE SKIP LOCKED)
            """)
        let done = try await removeAll(
            """
            DELETE FROM inbox WHERE message_id IN (
                SELECT message_id FROM inbox WHERE status = 'done' AND done_at < now() - interval '35 days' ORDER BY done_at
                LIMIT \(Self.batch) FOR UPDATE SKIP LOCKED)
            """)
        let keys = try await removeAll(
            """
            DELETE FROM idempotency_keys WHERE (user_id, key) IN (
                SELECT user_id, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' ORDER BY created_at
                LIMIT \(Self.batch) FOR UPDATE SKIP LOCKED)
            """)
        guard published + done + keys > 0 else { return }
        logger.info(
            "old rows are removed", metadata: ["outbox": "\(published)", "inbox": "\(done)", "idempotency_keys": "\(keys)"])
    }

    private func removeAll(_ statement: Query) async throws -> Int {
        var removed = 0
        while true {
            let count = try await pool.query(statement).affectedRows
            removed += count
            if count < Self.batch { return removed }
        }
    }
}
