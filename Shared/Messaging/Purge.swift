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

    /// Makes room for the time that comes, drops what is over, and removes row by row what has no partition of its own.
    package func callAsFunction() async throws {
        var removed: [String: Int64] = [:]
        for table in ["outbox_said", "inbox_done"] {
            do {
                removed["partitions of \(table)"] = try await pool.removeOld(
                    "partitions of \(table)", by: "SELECT turn_partitions(\(table))::bigint AS removed")
            } catch let error as PostgresError where error.code == .lockNotAvailable {
                // A report or a dump is reading it.
                logger.info("a table is in use, its partitions will be turned later", metadata: ["table": "\(table)"])
            }
        }
        var isMore = true
        while isMore {
            isMore = false
            for table in ["outbox", "outbox_said", "inbox", "inbox_done", "idempotency_keys"] {
                let count = try await pool.removeOld(table, by: "SELECT purge(\(table), \(Int32(Self.batch))) AS removed")
                removed[table, default: 0] += count
                if count == Self.batch { isMore = true }
            }
        }
        guard removed.values.contains(where: { $0 > 0 }) else { return }
        logger.info("old rows are removed", metadata: removed.mapValues { "\($0)" })
    }
}
