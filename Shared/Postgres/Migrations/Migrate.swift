package import Logging

/// Brings the schema of the pool's role up to date: applies those of `migrations` that it does not have yet, in the given order.
///
/// Each runs in a transaction together with its row in `schema_migrations`, so one that fails leaves nothing behind, and the ones
/// before it stay. Any number of replicas may call this at once: an advisory lock lets one work, and the others find it done. Applied
/// migrations this executable does not know are left alone, so that an older replica still starts during a rolling update.
///
/// Throws `migrationChanged` when an applied migration has been edited or two share a name, and whatever the SQL fails with.
package func migrate(_ pool: PostgresPool, _ migrations: [Migration], logger: Logger) async throws {
    let names = migrations.map(\.name)
    guard Set(names).count == names.count else { throw PostgresError(.migrationChanged, note: "two migrations have the same name") }
    let applied = try await pool.withTransaction(timeout: migrationTimeout) { transaction in
        try await lockSchema(transaction)
        _ = try await transaction.query(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name TEXT PRIMARY KEY,
                sha256 TEXT NOT NULL,
                applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
            )
            """)
        return try await appliedChecksums(transaction)
    }
    for migration in migrations {
        guard try isMissing(migration, in: applied) else { continue }
        try await apply(migration, to: pool, logger: logger)
    }
}

private func apply(_ migration: Migration, to pool: PostgresPool, logger: Logger) async throws {
    let isNew = try await pool.withTransaction(timeout: migrationTimeout) { transaction in
        try await lockSchema(transaction)
        guard try isMissing(migration, in: await appliedChecksums(transaction)) else { return false }
        try await transaction.readWholeTables()
        try await transaction.execute(script: migration.sql)
        _ = try await transaction.query(
            "INSERT INTO schema_migrations (name, sha256) VALUES (\(migration.name), \(migration.checksum))")
        return true
    }
    if isNew { logger.info("migration applied", metadata: ["migration": "\(migration.name)"]) }
}

/// One lock per schema and database, held to the end of the transaction. Waiting for another replica has no limit but the
/// transaction's; the migration itself waits at most 3 s for a table in use, so that it does not stop the traffic behind it.
func lockSchema(_ transaction: PostgresTransaction) async throws {
    _ = try await transaction.query("SET LOCAL lock_timeout = 0")
    _ = try await transaction.query(
        "SELECT pg_advisory_xact_lock(hashtextextended('schema_migrations ' || current_schema(), 0))")
    _ = try await transaction.query("SET LOCAL lock_timeout = '3s'")
}

private func appliedChecksums(_ transaction: PostgresTransaction) async throws -> [String: String] {
    let rows = try await transaction.query("SELECT name, sha256 FROM schema_migrations")
    return try rows.reduce(into: [:]) { checksums, row in checksums[try row.get("name")] = try row.get("sha256", as: String.self) }
}

private func isMissing(_ migration: Migration, in applied: [String: String]) throws -> Bool {
    guard let checksum = applied[migration.name] else { return true }
    guard checksum == migration.checksum else {
        throw PostgresError(.migrationChanged, note: "\(migration.name) was applied and has been edited since; add a new migration instead")
    }
    return false
}

/// An index on a large table takes minutes; a service that is still not ready after ten needs a human.
private let migrationTimeout = Duration.seconds(600)
