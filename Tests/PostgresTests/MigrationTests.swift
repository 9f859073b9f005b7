import Logging
import TestKit
import Testing

@testable import Postgres

@Suite("Migrations", .database)
struct MigrationTests {
    private let logger = Logger(label: "test")
    private let first = Migration(name: "V0001_create_payments", sql: "CREATE TABLE payments (id TEXT PRIMARY KEY);")
    private let second = Migration(
        name: "V0002_add_amount",
        sql: """
            -- Two statements, one transaction.
            ALTER TABLE payments ADD COLUMN amount BIGINT NOT NULL DEFAULT 0;
            CREATE INDEX payments_by_amount ON payments (amount);
            """)

    private func pool() throws -> PostgresPool {
        try #require(TestDatabase.current).pool(role: "checkout_owner")
    }

    private func applied(_ pool: PostgresPool) async throws -> [String] {
        try await pool.query("SELECT name FROM schema_migrations ORDER BY name").map { try $0.get("name") }
    }

    @Test("are applied once, in order, in the role's own schema")
    func apply() async throws {
        let pool = try pool()
        try await migrate(pool, [first], logger: logger)
        try await migrate(pool, [first, second], logger: logger)
        try await migrate(pool, [first, second], logger: logger)
        #expect(try await applied(pool) == [first.name, second.name])
        let database = try #require(TestDatabase.current)
        #expect(try await database.observer.query("SELECT id, amount FROM checkout.payments").isEmpty)
    }

    @Test("are applied once when four replicas start together")
    func applyTogether() async throws {
        let (pool, other) = (try pool(), try pool())
        let superuser = try #require(TestDatabase.current).superuser
        let locks: Query = """
            SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        let once = Migration(name: "V0001_once", sql: "CREATE TABLE once ()")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await other.withTransaction { transaction in
                    try await lockSchema(transaction)
                    try await eventually("all four are there") { try await superuser.query("\(query: locks) AND NOT granted").count == 4 }
                }
            }
            try await eventually("the schema is locked") { try await superuser.query("\(query: locks) AND granted").count == 1 }
            for _ in 0..<4 { group.addTask { try await migrate(pool, [once, first, second], logger: logger) } }
            try await group.waitForAll()
        }
        #expect(try await applied(pool).count == 3)
    }

    @Test("refuse to start when an applied one was edited")
    func refuseEdited() async throws {
        let pool = try pool()
        try await migrate(pool, [first], logger: logger)
        let edited = Migration(name: first.name, sql: first.sql + " ")
        let error = await postgresError { try await migrate(pool, [edited, second], logger: logger) }
        #expect(error?.code == .migrationChanged && error?.isRetriable == false)
        #expect(error?.debugDescription.contains(first.name) == true)
        #expect(try await applied(pool) == [first.name])
    }

    @Test("that fail leave nothing of themselves and keep the ones before")
    func failing() async throws {
        let pool = try pool()
        let broken = Migration(name: "V0002_broken", sql: "CREATE TABLE half (); SELECT 1/0")
        let error = await postgresError { try await migrate(pool, [first, broken, second], logger: logger) }
        #expect(error?.code == .invalidValue)
        #expect(try await applied(pool) == [first.name])
        #expect(await postgresError { _ = try await pool.query("SELECT FROM half") }?.sqlState == "42P01")
        let mended = Migration(name: "V0002_broken", sql: "CREATE TABLE whole ()")
        try await migrate(pool, [first, mended, second], logger: logger)
        #expect(try await applied(pool).count == 3)
    }

    @Test("may not end their own transaction")
    func transactionControl() async throws {
        let pool = try pool()
        let cheating = Migration(name: "V0001_cheating", sql: "CREATE TABLE early (); COMMIT")
        let error = await postgresError { try await migrate(pool, [cheating], logger: logger) }
        #expect(error?.code == .transactionEnded)
        #expect(try await applied(pool).isEmpty)
    }

    @Test("with one name twice are refused")
    func doubledNames() async throws {
        let pool = try pool()
        let error = await postgresError { try await migrate(pool, [first, first], logger: logger) }
        #expect(error?.code == .migrationChanged)
    }

    @Test("a newer replica applied do not keep an older one from starting")
    func olderReplica() async throws {
        let pool = try pool()
        try await migrate(pool, [first, second], logger: logger)
        try await migrate(pool, [first], logger: logger)
    }

    @Test("of two services in one database do not see each other")
    func twoServices() async throws {
        let database = try #require(TestDatabase.current)
        let refund = try database.pool(role: "refund_owner")
        try await migrate(try pool(), [first], logger: logger)
        try await migrate(refund, [first, second], logger: logger)
        #expect(try await applied(refund).count == 2)
    }

    @Test("embedded in an executable have the checksum of their bytes")
    func checksum() {
        let migration = Migration(name: "V0001_abc", bytes: [97, 98, 99])
        // SHA-256 of "abc", FIPS 180-2, appendix B.1.
        #expect(migration.checksum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
