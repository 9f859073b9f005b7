package import Foundation
package import Postgres
package import RabbitMQ

/// A table whose rows wait to be published: the outbox, or a table that is its own outbox.
package protocol RelaySource: Sendable {
    /// The table's name, for whoever is told of it.
    var name: String { get }
    /// Locks and returns up to `limit` rows that wait and whose key is not below `lowest`, without waiting for rows that another replica holds; the
    /// first of them only whose bodies have `relayBytes` together, and at least one.
    func claim(limit: Int, from lowest: Int64, in transaction: PostgresTransaction) async throws -> [PendingPublication]
    /// Marks rows as published.
    func markPublished(_ keys: [Int64], in transaction: PostgresTransaction) async throws
    /// Lets others go first for a while, and longer each time: the broker returned or refused these.
    func postpone(_ keys: [Int64], in transaction: PostgresTransaction) async throws
    /// Whether there is anything that was postponed and still waits.
    func hasPostponed(in pool: PostgresPool) async throws -> Bool
    /// Has what was published by these routing keys since then wait once more, with the same message ids; how many there are.
    func publishAgain(_ routingKeys: [String], since: Date, in work: UnitOfWork) async throws -> Int
}

/// A row that waits to be published.
package struct PendingPublication: Sendable {
    /// The row's key in its table.
    package let key: Int64
    /// What goes to the broker.
    package let publication: Publication
    /// How much was read for it.
    package let bytes: Int

    /// A row of these parts; `bytes` is the size of the body where nothing else is said.
    package init(key: Int64, publication: Publication, bytes: Int? = nil) {
        self.key = key
        self.publication = publication
        self.bytes = bytes ?? publication.body.count
    }
}

/// How many bytes of bodies are read at a time: a hundred of the largest would be 400 MiB.
let relayBytes = 8 * 1024 * 1024

/// Of `rows`, which have an `id`, by that those whose `body`, an expression over them, is not behind so many bytes of others.
package func firstForRelay(of rows: Query, body: String) -> Query {
    let size: Query = "coalesce(octet_length(\(unsafe: body)), 0)"
    return """
        SELECT * FROM (SELECT *, sum(\(query: size)) OVER (ORDER BY id) - \(query: size) AS ahead FROM (\(query: rows)) AS message) AS message
        WHERE ahead < \(Int64(relayBytes)) ORDER BY id
        """
}

/// When a row that the broker has returned is tried again, as SQL over its `returns`: in 5 seconds, growing to a minute. Long enough not to spin,
/// short enough not to be noticed once the missing queue is back.
package let returnedUntil: Query = "now() + least(interval '5 seconds' * 2 ^ least(returns, 10), interval '1 minute')"
