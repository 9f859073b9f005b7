import Postgres
import TestKit
import Testing

@Suite("Roles and schemas")
struct RoleTests {
    private static let services = ["checkout", "webhook", "refund", "analytics", "enforcement"]

    @Test("a service sees its own schema, and nobody else's", .database, arguments: services)
    func isolation(service: String) async throws {
        let database = try #require(TestDatabase.current)
        for owner in Self.services {
            try await database.pool(role: owner).query("CREATE TABLE secrets (n int)")
        }
        let pool = try database.pool(role: service)
        try await pool.query("SELECT * FROM secrets")
        for other in Self.services where other != service {
            await #expect(throws: PostgresError.self, "\(service) reads \(other)") {
                try await pool.query("SELECT * FROM \(unsafe: other).secrets")
            }
            await #expect(throws: PostgresError.self, "\(service) creates in \(other)") {
                try await pool.query("CREATE TABLE \(unsafe: other).mine (n int)")
            }
        }
    }

    @Test("the observer reads everything and changes nothing", .database)
    func observer() async throws {
        let database = try #require(TestDatabase.current)
        try await database.pool(role: "refund").query("CREATE TABLE secrets (n int)")
        try await database.observer.query("SELECT * FROM refund.secrets")
        await #expect(throws: PostgresError.self) { try await database.observer.query("INSERT INTO refund.secrets VALUES (1)") }
    }
}
