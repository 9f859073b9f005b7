import Postgres
import TestKit
import Testing

@Suite("Roles and schemas")
struct RoleTests {
    private static let services = ["checkout", "webhook", "refund", "analytics", "enforcement", "notification"]

    @Test("a service sees its own schema, and nobody else's", .database, arguments: services)
    func isolation(service: String) async throws {
        let database = try #require(TestDatabase.current)
        for owner in Self.services {
            try await database.pool(role: owner).query("CREATE TABLE secrets (n int)")
        }
        let pool = try database.pool(role: service)
        try await pool.query("SELECT * FROM secrets")
        for other in Self.services where other != service {
            for forbidden in ["SELECT * FROM \(other).secrets", "CREATE TABLE \(other).mine (n int)"] {
                let error = await #expect(throws: PostgresError.self) { try await pool.query(Query(unsafe: forbidden)) }
                #expect(error?.code == .insufficientPrivilege, "\(service): \(forbidden)")
            }
        }
    }

    @Test("the observer reads everything and changes nothing", .database)
    func observer() async throws {
        let database = try #require(TestDatabase.current)
        try await database.pool(role: "refund").query("CREATE TABLE secrets (n int)")
        try await database.observer.query("SELECT * FROM refund.secrets")
        // Its sessions are read-only by default; anybody may change that, so the rights must hold by themselves.
        let error = await #expect(throws: PostgresError.self) {
            try await database.observer.withConnection { connection in
                try await connection.query("SET default_transaction_read_only = off")
                try await connection.query("INSERT INTO refund.secrets VALUES (1)")
            }
        }
        #expect(error?.code == .insufficientPrivilege)
    }
}
