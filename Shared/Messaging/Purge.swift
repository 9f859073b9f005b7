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

    /// Rows of one table in one statement: over before anybody notices it.
    private static let batch = 1000

    /// A purge of the tables in `pool`'s schema.
    package init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// Removes all that is old enough, batch by batch.
    package func callAsFunction() async throws {
        var removed: [String: Int64] = [:]
        var isMore = true
        while isMore {
            isMore = false
            for table in ["outbox", "inbox", "idempotency_keys"] {
                let count = try await pool.removeOld(table, by: "SELECT purge(\(table), \(Int32(Self.batch))) AS removed")
                removed[table, default: 0] += count
                if count == Self.batch { isMore = true }
            }
        }
        guard removed.values.contains(where: { $0 > 0 }) else { return }
        logger.info("old rows are removed", metadata: removed.mapValues { "\($0)" })
    }
}
