import Logging
import Postgres
import ServiceLifecycle

/// Waits for the database, prepares it, lets the rest of the service begin, and closes the connections when all the rest has ended.
struct DatabaseStart: Service {
    let pool: PostgresPool?
    let migrations: [Migration]
    let allowsUnsafeDatabase: Bool
    let gate: StartGate
    let readiness: Readiness
    let logger: Logger

    /// Between two tries to reach the database: short at first, because it usually starts beside us, then every two seconds.
    private static let pauses: [Duration] = [.milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1)]
    private static let longestPause = Duration.seconds(2)

    func run() async throws {
        do {
            if let pool { try await cancelWhenGracefulShutdown { try await prepare(pool) } }
            gate.open()
            try await gracefulShutdown()
        } catch is CancellationError {
            // Stopped while waiting: there is nothing to undo.
        } catch {
            await pool?.close()
            throw error
        }
        await pool?.close()
    }

    private func prepare(_ pool: PostgresPool) async throws {
        readiness.isStarting("waiting for the database")
        try await retrying("cannot reach the database yet") {
            let unsafe = try await pool.assertDurable()
            guard unsafe.isEmpty || allowsUnsafeDatabase else { throw UnsafeDatabase(settings: unsafe) }
        }
        try await retrying("cannot migrate the database yet") { try await migrate(pool, migrations, logger: logger) }
    }

    /// Runs `work` until it does not fail for a reason that passes. A role or database that does not exist yet is such a reason too:
    /// whoever creates it may have been started together with us.
    private func retrying(_ complaint: String, _ work: () async throws -> Void) async throws {
        for attempt in 0... {
            do {
                return try await work()
            } catch let error as PostgresError where error.isRetriable || error.code == .authenticationFailed {
                readiness.isStarting("\(complaint): \(error)")
                if attempt % 10 == 0 { logger.warning("\(complaint)", metadata: ["error": .string(String(reflecting: error))]) }
                try await Task.sleep(for: attempt < Self.pauses.count ? Self.pauses[attempt] : Self.longestPause)
            }
        }
    }
}

/// The database may lose what it has confirmed, and with it money.
package struct UnsafeDatabase: Error, CustomStringConvertible {
    /// The settings of PostgreSQL that are off and must be on.
    package let settings: [String]

    /// What to do.
    package var description: String {
        "PostgreSQL may lose committed transactions: \(settings.joined(separator: ", ")) is off. Turn it on, or set "
            + "ALLOW_UNSAFE_DATABASE=true where nothing is real."
    }
}
