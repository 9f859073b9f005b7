import Logging
import Postgres
import ServiceLifecycle

/// Waits for the database, prepares it, lets the rest of the service begin, and closes the connections when all the rest has ended.
struct DatabaseStart: Service {
    let pool: PostgresPool?
    /// To the same database as the owner of the tables; nil where that is who the service works as.
    let owner: PostgresPool?
    let schema: Schema
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
            await close()
            throw error
        }
        await close()
    }

    private func close() async {
        await owner?.close()
        await pool?.close()
    }

    private func prepare(_ pool: PostgresPool) async throws {
        readiness.isStarting("waiting for the database")
        try await retrying("cannot reach the database yet") {
            let unsafe = try await pool.assertDurable()
            guard unsafe.isEmpty || allowsUnsafeDatabase else { throw UnsafeDatabase(settings: unsafe) }
        }
        try await retrying("cannot migrate the database yet") {
            let role = try await pool.query("SELECT current_user::text AS role")[0].get("role", as: String.self)
            do {
                try await migrate(owner ?? pool, schema, for: role, logger: logger)
            } catch let error as PostgresError where error.code == .insufficientPrivilege && owner == nil {
                throw OwnerNeeded(role: role)
            }
        }
        guard let owner else {
            logger.warning("the service owns its tables and may change what it has recorded; give MIGRATION_DATABASE_URL")
            return
        }
        await owner.close()
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

/// The tables belong to another role than the service's own, and nobody has said how to become that.
package struct OwnerNeeded: Error, CustomStringConvertible {
    /// The service's own role.
    package let role: String

    /// What to do.
    package var description: String {
        "The role \(role) may not change the tables, which belong to another: give the URL of their owner as MIGRATION_DATABASE_URL."
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
