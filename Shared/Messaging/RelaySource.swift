package import Postgres
package import RabbitMQ

/// A table whose rows wait to be published: the outbox, or a table that is its own outbox.
package protocol RelaySource: Sendable {
    /// Locks and returns up to `limit` rows that wait and whose key is not below `lowest`, without waiting for rows that another replica holds.
    func claim(limit: Int, from lowest: Int64, in transaction: PostgresTransaction) async throws -> [PendingPublication]
    /// Marks rows as published.
    func markPublished(_ keys: [Int64], in transaction: PostgresTransaction) async throws
    /// Lets others go first for a while: the broker returned or refused these.
    func postpone(_ keys: [Int64], in transaction: PostgresTransaction) async throws
}

/// A row that waits to be published.
package struct PendingPublication: Sendable {
    /// The row's key in its table.
    package let key: Int64
    /// What goes to the broker.
    package let publication: Publication

    package init(key: Int64, publication: Publication) {
        self.key = key
        self.publication = publication
    }
}
