/// Whatever a statement can be run on: a pool, a connection of it, a transaction, or what carries one.
package protocol Querying: Sendable {
    /// Runs one statement and returns its rows. Throws a `PostgresError`, or `CancellationError` when the calling task is cancelled.
    @discardableResult
    func query(_ query: Query) async throws -> QueryResult
}

extension PostgresPool: Querying {}
extension PostgresConnection: Querying {}
extension PostgresTransaction: Querying {}
