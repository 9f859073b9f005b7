package import Logging

/// Connections to PostgreSQL for many concurrent callers: each call takes one, uses it and gives it back.
///
/// Connections are opened when first needed, up to `maximumConnections`, and kept. More callers wait in line, at most
/// `maximumWaiters` and each at most `acquireTimeout`. A server that restarts costs the next caller a new connection and no error; while
/// it is away, callers fail by their own deadline with `unreachable`.
///
/// Cancelled: a waiting caller leaves the line at once; one whose statement is running closes that connection. Either way the pool
/// stays whole.
package final class PostgresPool: Sendable {
    let configuration: PostgresConfiguration
    let logger: Logger
    private let queue: PoolQueue

    /// A pool that connects when first used.
    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        queue = PoolQueue(configuration)
    }

    /// Runs one statement on any connection and returns its rows.
    ///
    /// It runs once; for another run after a deadlock or a lost connection use `withTransaction`. Throws a `PostgresError`, or
    /// `CancellationError` when the calling task is cancelled.
    @discardableResult
    package func query(_ query: Query) async throws -> QueryResult {
        try await withConnection { try await $0.query(query) }
    }

    /// Lends one connection to `body`, for several statements in the same session.
    ///
    /// What `body` sets with `SET` stays for later callers: use `SET LOCAL` in `withTransaction`. The connection must not be used after
    /// `body` ended; one that is left inside a transaction is closed. Errors of `body` are rethrown unchanged.
    package func withConnection<T>(_ body: (PostgresConnection) async throws -> T) async throws -> T {
        let connection = try await acquire()
        do {
            let value = try await body(connection)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// The same on the connection's thread, which its statements then do not leave: for several reads in a row that need no transaction.
    package func together<T>(_ body: (PostgresConnection) async throws -> T) async throws -> T {
        try await withConnection { connection in try await connection.onItsThread { try await body(connection) } }
    }

    /// The state of the pool at this moment.
    package var statistics: PoolStatistics { queue.statistics }

    /// Refuses new callers and those in line with `poolClosed`, then waits until every connection has been given back and closed.
    package func close() async {
        for connection in queue.close() { await connection.close() }
        await queue.untilAtRest()
    }
}

extension PostgresPool {
    private func acquire() async throws -> PostgresConnection {
        let deadline = Deadline.after(configuration.acquireTimeout)
        while true {
            switch try await queue.next(until: deadline) {
            case .use(let connection):
                if connection.isQuiet { return connection }
                logger.debug("an idle connection was ended by the server")
                await discard(connection)
            case .open:
                if let connection = try await open(until: deadline) { return connection }
            }
        }
    }

    /// Nil when the server cannot be reached now but the caller still has time: it goes back in line.
    private func open(until deadline: Deadline) async throws -> PostgresConnection? {
        do {
            let connection = try await PostgresConnection.open(configuration, until: min(deadline, .after(Self.connectTimeout)))
            queue.update { $0.opened(now: .now) }
            return connection
        } catch let error as PostgresError {
            logger.debug("cannot connect", metadata: ["error": "\(error.debugDescription)"])
            queue.update {
                $0.openFailed(error, now: .now)
                return []
            }
            guard error.isRetriable, deadline.remaining > .zero else { throw error }
            return nil
        } catch {
            queue.update { $0.openAbandoned(now: .now) }
            throw error
        }
    }

    private func giveBack(_ connection: PostgresConnection) async {
        guard connection.isIdle, queue.release(connection) else { return await discard(connection) }
    }

    /// Closes before it makes room, so that the server never sees more than `maximumConnections`.
    private func discard(_ connection: PostgresConnection) async {
        await connection.close()
        queue.update { $0.discard(now: .now) }
    }

    /// A healthy server logs a client in within milliseconds; a frozen one never does.
    private static let connectTimeout = Duration.seconds(3)
}
