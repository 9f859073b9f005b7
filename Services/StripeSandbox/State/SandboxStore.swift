import Logging
import Postgres

/// The sandbox's state in PostgreSQL. The tables are made where they are missing; the role needs a schema that it may make them in.
struct SandboxStore: Sendable {
    private let pool: PostgresPool
    private let logger: Logger

    /// Rows in one statement.
    private static let most = 2000
    /// Time enough for the account of a long test.
    private static let openingTimeout = Duration.seconds(120)
    private static let writingTimeout = Duration.seconds(30)

    init(url: String, logger: Logger) throws {
        var configuration = try PostgresConfiguration(url: url, applicationName: "stripe-sandbox")
        // Writes come one after the other.
        configuration.maximumConnections = 2
        pool = PostgresPool(configuration: configuration, logger: logger)
        self.logger = logger
    }

    /// Reads the state and takes it over: whoever wrote it before cannot any more.
    func open() async throws -> StoredState {
        try await migrate(pool, sandboxMigrations, logger: logger)
        return try await pool.withTransaction(timeout: Self.openingTimeout) { transaction in
            let account = try await transaction.query(
                """
                INSERT INTO sandbox_account (openings) VALUES (1)
                ON CONFLICT (singleton) DO UPDATE SET openings = sandbox_account.openings + 1
                RETURNING openings, now, body
                """)[0]
            let objects = try await transaction.query("SELECT kind, id, place, body FROM sandbox_objects ORDER BY kind, place, id")
            let scalars = try account.get("body", as: String?.self)
            return StoredState(
                opening: try account.get("openings"), account: try scalars.map { (now: try account.get("now"), scalars: $0) },
                rows: try objects.map { row in
                    StateRow(kind: try row.get("kind"), id: try row.get("id"), place: try row.get("place"), body: try row.get("body"))
                })
        }
    }

    /// Makes a batch true, all of it or nothing.
    ///
    /// - Throws: `SandboxStateError.takenOver` when another sandbox was started with the database.
    func write(_ batch: StateBatch) async throws {
        do {
            try await pool.withTransaction(timeout: Self.writingTimeout) { try await write(batch, in: $0) }
        } catch {
            if !(error is CancellationError) {
                logger.error("state not stored", metadata: ["error": .string(String(reflecting: error))])
            }
            throw error
        }
    }

    private func write(_ batch: StateBatch, in transaction: PostgresTransaction) async throws {
        let account = try await transaction.query(
            """
            UPDATE sandbox_account SET now = \(batch.now), body = \(batch.scalars) WHERE openings = \(batch.opening)
            """)
        guard account.affectedRows == 1 else { throw SandboxStateError.takenOver }
        for start in stride(from: 0, to: batch.rows.count, by: Self.most) {
            let rows = batch.rows[start..<min(start + Self.most, batch.rows.count)]
            try await put(rows.filter { $0.body != nil }, transaction)
            try await remove(rows.filter { $0.body == nil }, transaction)
        }
        if !batch.goneTargets.isEmpty {
            let kinds = batch.goneTargets.map { WebhookTarget.kind(of: $0) }
            try await transaction.query("DELETE FROM sandbox_objects WHERE kind = ANY(\(kinds))")
        }
    }

    private func put(_ rows: [StateRow], _ transaction: PostgresTransaction) async throws {
        guard !rows.isEmpty else { return }
        try await transaction.query(
            """
            INSERT INTO sandbox_objects (kind, id, place, body)
            SELECT kind, id, place, body
            FROM unnest(\(rows.map(\.kind)), \(rows.map(\.id)), \(rows.map(\.place)), \(rows.compactMap(\.body)))
                AS changed (kind, id, place, body)
            ON CONFLICT (kind, id) DO UPDATE
            SET place = greatest(sandbox_objects.place, excluded.place), body = excluded.body
            """)
    }

    private func remove(_ rows: [StateRow], _ transaction: PostgresTransaction) async throws {
        guard !rows.isEmpty else { return }
        try await transaction.query(
            """
            DELETE FROM sandbox_objects AS object
            USING unnest(\(rows.map(\.kind)), \(rows.map(\.id))) AS gone (kind, id)
            WHERE object.kind = gone.kind AND object.id = gone.id
            """)
    }

    /// Closes the connections.
    func close() async { await pool.close() }
}

/// The schema of the sandbox's state.
let sandboxMigrations = [
    Migration(name: "V0001_sandbox_state", bytes: PackageResources.V0001_sandbox_state_sql)
]
