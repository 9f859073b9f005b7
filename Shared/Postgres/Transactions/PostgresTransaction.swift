/// A transaction under way. Whoever takes one as a parameter says: what I do becomes true together with everything else in it.
///
/// Valid only inside the body of `withTransaction`; later use throws `transactionEnded`.
package struct PostgresTransaction: Sendable {
    let connection: PostgresConnection
    let number: Int

    /// Runs one statement in the transaction and returns its rows.
    ///
    /// After a `PostgresError` the transaction can only be rolled back: let the error out of the body.
    @discardableResult
    package func query(_ query: Query) async throws -> QueryResult {
        try await self.query([query])[0]
    }

    /// Runs several statements, of which none needs another's rows, in one round trip; the rows of each.
    package func query(_ queries: [Query]) async throws -> [QueryResult] {
        try await connection.perform(queries, inTransaction: number)
    }

    /// Runs one statement whose rows nobody needs, without waiting for it: it goes to the server with the next one or with COMMIT, in the same
    /// round trip. What it fails with is thrown there.
    package func send(_ query: Query) async throws {
        try await connection.queue(query, inTransaction: number)
    }

    /// Runs a script of several statements without parameters.
    func execute(script: String) async throws {
        try await connection.perform(script: script, inTransaction: number)
    }
}
