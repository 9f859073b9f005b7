package import Logging
package import Postgres
import ServiceLifecycle

/// Work that is done every so often, by one replica at a time, however many run.
///
/// A replica holds an advisory lock while it works, and notes in `periodic_work` when the work is due again; the others look there. The
/// lock goes with its connection, so a replica that dies leaves nothing locked. Work that fails is logged and comes again when it is due;
/// the time of the last pass is in the table, so after a standstill of all replicas the first to be back works at once.
package struct PeriodicWork: Service {
    private let name: String
    private let interval: Duration
    private let pool: PostgresPool
    private let logger: Logger
    private let work: @Sendable () async throws -> Void

    /// `name` is the same in every replica. `work` must bear to be cut off anywhere and to begin again.
    package init(
        _ name: String, every interval: Duration, pool: PostgresPool, logger: Logger, work: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.interval = interval
        self.pool = pool
        self.logger = logger
        self.work = work
    }

    /// Runs until cancelled or shut down gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await workIfDue()
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("periodic work failed, will try again", metadata: ["work": "\(name)", "error": "\(error)"])
                }
                // Looks more often than it works, so that no turn is late by much, whichever replica has it.
                try? await Task.sleep(for: max(.milliseconds(100), min(interval / 4, .seconds(30))))
            }
        }
    }

    /// Works if it is due and nobody else is at it; whether it did.
    @discardableResult
    package func workIfDue() async throws -> Bool {
        try await pool.withConnection { connection in
            let key: Query = "hashtextextended(\("periodic:" + name), 0)"
            // The schema is part of the lock: services that share a database do not wait for each other.
            let locked = try await connection.query(
                "SELECT pg_try_advisory_lock(\(query: key) # hashtextextended(current_schema(), 1)) AS locked")
            guard try locked[0].get("locked") else { return false }
            do {
                let isDue = try await takeTurn(connection)
                if isDue { try await work() }
                try await unlock(key, connection)
                return isDue
            } catch {
                try? await unlock(key, connection)
                throw error
            }
        }
    }

    private func takeTurn(_ connection: PostgresConnection) async throws -> Bool {
        try await connection.query(
            """
            INSERT INTO periodic_work AS known (name, next_at) VALUES (\(name), now() + make_interval(secs => \(interval.inSeconds)))
            ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at WHERE known.next_at <= now()
            """
        ).affectedRows == 1
    }

    private func unlock(_ key: Query, _ connection: PostgresConnection) async throws {
        try await connection.query("SELECT pg_advisory_unlock(\(query: key) # hashtextextended(current_schema(), 1))")
    }
}
