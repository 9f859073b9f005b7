package import Foundation
package import Messages
package import Postgres
import RabbitMQ

/// The way for a service to change its rows and speak of it in one transaction.
///
/// The relay is woken the moment such a transaction has committed; if the process dies in between, the row is still there and the
/// next scan finds it.
package final class Outbox: Sendable {
    /// The service's own database.
    package let pool: PostgresPool
    /// Who speaks.
    package let service: ServiceName
    let wake = WakeSignal()

    /// An outbox in `pool`'s schema, speaking as `service`.
    package init(pool: PostgresPool, service: ServiceName) {
        self.pool = pool
        self.service = service
    }

    /// Runs `body` in a transaction and commits what it changed and what it said. May run `body` again after a serialization failure
    /// or a lost connection, so `body` must have no effect outside the transaction. Rethrows the error of `body`, after rollback.
    package func transaction<T: Sendable>(_ body: @Sendable (UnitOfWork) async throws -> T) async throws -> T {
        let service = service
        let wake = wake
        let (result, work) = try await pool.withTransaction { transaction in
            let work = UnitOfWork(transaction: transaction, service: service)
            let result = try await body(work)
            if try await work.flush() { work.afterCommit(wake.raise) }
            return (result, work)
        }
        work.committed()
        return result
    }
}

extension Outbox: RelaySource {
    /// What it is called wherever it is spoken of.
    package var name: String { "outbox" }

    /// Locks up to `limit` rows that wait, and reads their messages, of this version and of the one before.
    package func claim(
        limit: Int, from lowest: Int64, in transaction: PostgresTransaction
    ) async throws -> [PendingPublication] {
        let pending: Query = """
            WITH pending AS MATERIALIZED (
                SELECT id, said_at FROM outbox_pending WHERE id >= \(lowest) AND (not_before IS NULL OR not_before <= now())
                ORDER BY id LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            SELECT id, message_id, exchange, routing_key, body, traceparent FROM pending JOIN outbox_said USING (id, said_at)
            UNION ALL
            SELECT id, message_id, exchange, routing_key, body, traceparent FROM pending JOIN outbox_messages USING (id)
            WHERE pending.said_at IS NULL
            """
        return try await transaction.query(firstForRelay(of: pending, body: "body")).map { row in
            let traceparent = try row.get("traceparent", as: String?.self)
            return PendingPublication(
                key: try row.get("id"),
                publication: Publication(
                    exchange: try row.get("exchange"), routingKey: try row.get("routing_key"), body: try row.get("body"),
                    contentType: cloudEventMediaType, messageID: try row.get("message_id"),
                    headers: traceparent.map { ["traceparent": $0] } ?? [:]))
        }
    }

    /// Marks rows whose publication the broker has confirmed.
    package func markPublished(_ keys: [Int64], in transaction: PostgresTransaction) async throws {
        try await transaction.send("DELETE FROM outbox_pending WHERE id = ANY(\(keys))")
    }

    /// Puts rows that the broker returned behind the others.
    package func postpone(_ keys: [Int64], in transaction: PostgresTransaction) async throws {
        try await transaction.send(
            "UPDATE outbox_pending SET returns = returns + 1, not_before = \(query: returnedUntil) WHERE id = ANY(\(keys))")
    }

    /// Whether anything that the broker has returned still waits.
    package func hasPostponed(in pool: PostgresPool) async throws -> Bool {
        try await !pool.query("SELECT FROM outbox_pending WHERE returns > 0 LIMIT 1").isEmpty
    }

    /// Has what was said by these keys since then wait once more. Of seven days at most: what is older is gone.
    package func publishAgain(_ routingKeys: [String], since: Date, in work: UnitOfWork) async throws -> Int {
        try await work.transaction.readWholeTables()
        let again = try await work.query(
            """
            INSERT INTO outbox_pending (id, said_at)
            SELECT id, said_at FROM outbox_said WHERE said_at >= \(since) AND routing_key = ANY(\(routingKeys))
            UNION ALL SELECT id, NULL FROM outbox_messages WHERE created_at >= \(since) AND routing_key = ANY(\(routingKeys))
            ON CONFLICT (id) DO NOTHING
            """)
        work.afterCommit(wake.raise)
        return again.affectedRows
    }
}
