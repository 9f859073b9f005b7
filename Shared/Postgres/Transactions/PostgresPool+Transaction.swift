import DedicatedThread
import Logging

extension PostgresPool {
    /// Runs `body` in a transaction and commits it; returns what `body` returned.
    ///
    /// The whole of `body` runs again, up to eight times and within the deadline, after a serialization failure, a deadlock, a lock not
    /// granted or a lost connection. A connection lost during COMMIT leaves open whether it happened: so `body` must be safe to run
    /// again even after it was committed (a natural unique key and `ON CONFLICT`), and must have no effect but through the
    /// transaction.
    ///
    /// Any error `body` throws rolls back and is rethrown unchanged. If `body` swallows a failed statement's error, nothing is
    /// committed and `transactionAborted` is thrown. A `body` that returned in a cancelled task is still committed.
    ///
    /// `body` runs on the connection's thread, so that its statements change no threads: it is not the place for long computations.
    ///
    /// `timeout` covers all tries together; if given, it is also the limit of each statement. Default: `transactionTimeout`, with
    /// `queryTimeout` for each statement.
    package func withTransaction<T>(
        timeout: Duration? = nil, _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        let deadline = Deadline.after(timeout ?? configuration.transactionTimeout)
        var backoff = Backoff(shortest: .milliseconds(5), longest: .milliseconds(500))
        for _ in 1..<Self.maximumTries {
            do {
                return try await runTransaction(until: deadline, statementLimit: timeout, body)
            } catch let error as PostgresError where error.code.asksForAnotherRun {
                let pause = backoff.next()
                guard pause < deadline.remaining else { throw error }
                logger.debug("transaction runs again", metadata: ["error": "\(error.debugDescription)"])
                try await Task.sleep(for: pause)
            }
        }
        return try await runTransaction(until: deadline, statementLimit: timeout, body)
    }

    private static var maximumTries: Int { 8 }

    private func runTransaction<T>(
        until deadline: Deadline, statementLimit: Duration?, _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        try await withConnection { connection in
            try await connection.onItsThread {
                do {
                    let value = try await body(connection.begin(until: deadline, statementLimit: statementLimit))
                    try await connection.commit()
                    return value
                } catch {
                    await connection.rollBack()
                    throw error
                }
            }
        }
    }
}
