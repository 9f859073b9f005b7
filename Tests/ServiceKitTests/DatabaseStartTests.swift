import Foundation
import Hummingbird
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite("A service and its database", .database)
struct DatabaseStartTests {
    private func database() throws -> TestDatabase { try #require(TestDatabase.current) }

    private func parts(_ migrations: [Migration]) -> @Sendable (ServiceFoundation) -> ServiceParts {
        { foundation in
            let postgres = foundation.postgres
            return ServiceParts(schema: Schema(migrations: migrations)) { router in
                router.get("/rows") { _, _ in "\(try await postgres.query("SELECT id FROM things").count)" }
            }
        }
    }

    private static let things = Migration(name: "V0001_things", sql: "CREATE TABLE things (id bigint PRIMARY KEY)")

    @Test("its tables are there before it is ready, also when many replicas begin at once")
    func migrates() async throws {
        let url = try database().url(role: "checkout_owner")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await RunningService.run(["DATABASE_URL": url, "DATABASE_CONNECTIONS": "2"], parts: parts([Self.things])) {
                        service in
                        let rows = try await service.call("GET", "/rows")
                        #expect((rows.status, rows.body) == (200, "0"))
                        let ready = try await service.call("GET", "/readyz", management: true)
                        #expect(ready.status == 200)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("it migrates as the owner, and works as a role that may do what was granted")
    func owner() async throws {
        let settings = try database().settings(of: "checkout")
        let parts: @Sendable (ServiceFoundation) -> ServiceParts = { foundation in
            let postgres = foundation.postgres
            return ServiceParts(schema: Schema(migrations: [Self.things], privileges: ["TABLE things": "SELECT"])) { router in
                router.get("/rows") { _, _ in "\(try await postgres.query("SELECT id FROM things").count)" }
                router.post("/rows") { _, _ in "\(try await postgres.query("INSERT INTO things VALUES (1)").affectedRows)" }
            }
        }
        try await RunningService.run(settings, parts: parts) { service in
            let rows = try await service.call("GET", "/rows")
            #expect((rows.status, rows.body) == (200, "0"))
            let refused = try await service.post("/rows", "{}")
            #expect(refused.status == 500)
        }
    }

    @Test("a role that does not own the tables is told what is missing")
    func ownerNeeded() async throws {
        let database = try database()
        let error = await #expect(throws: OwnerNeeded.self) {
            try await RunningService.run(["DATABASE_URL": database.url(role: "checkout")], parts: parts([Self.things])) { _ in }
        }
        #expect(error?.description.contains("MIGRATION_DATABASE_URL") == true)
    }

    @Test("a migration that fails ends the service")
    func brokenMigration() async throws {
        let url = try database().url(role: "checkout_owner")
        await #expect(throws: PostgresError.self) {
            try await RunningService.run(["DATABASE_URL": url], parts: parts([Migration(name: "V0001_bad", sql: "CREATE NONSENSE")])) { _ in
            }
        }
    }

    @Test("its own sessions are durable, whatever the database's setting for others")
    func durableSessions() async throws {
        let database = try database()
        _ = try await database.superuser.query("ALTER DATABASE \(unsafe: database.name) SET synchronous_commit = off")
        try await RunningService.run(["DATABASE_URL": database.url(role: "checkout_owner")], parts: parts([Self.things])) { service in
            let ready = try await service.call("GET", "/readyz", management: true)
            #expect(ready.status == 200)
        }
    }

    @Test("when the database goes the service is not ready, and is again when it returns")
    func goes() async throws {
        let database = try database()
        try await RunningService.run(
            ["DATABASE_URL": database.url(role: "checkout_owner"), "DATABASE_CONNECTIONS": "1"], parts: parts([Self.things])
        ) { service in
            _ = try await database.superuser.query("ALTER DATABASE \(unsafe: database.name) CONNECTION LIMIT 0")
            try await eventually("the service is not ready") {
                _ = try await cut(database)
                return try await service.call("GET", "/readyz", management: true).status == 503
            }
            let rows = try await service.call("GET", "/rows")
            #expect((rows.status, rows.code) == (503, "temporarily_unavailable"))
            let alive = try await service.call("GET", "/livez", management: true)
            #expect(alive.status == 200)
            _ = try await database.superuser.query("ALTER DATABASE \(unsafe: database.name) CONNECTION LIMIT -1")
            try await eventually("the service is ready again") {
                try await service.call("GET", "/readyz", management: true).status == 200
            }
        }
    }

    private func cut(_ database: TestDatabase) async throws {
        _ = try await database.superuser.query(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = \(database.name) AND usename = 'checkout_owner'
            """)
    }
}

@Suite("A database that may lose what it confirmed")
struct UnsafeDatabaseTests {
    @Test("is refused, unless that is allowed", .privatePostgres)
    func refused() async throws {
        let server = try #require(PrivatePostgres.current)
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: server.url, applicationName: "test"), logger: LogCapture().silent)
        let unsafe = ["fsync", "full_page_writes"]
        for setting in unsafe { _ = try await pool.query("ALTER SYSTEM SET \(unsafe: setting) = off") }
        _ = try await pool.query("SELECT pg_reload_conf()")
        try await eventually("the settings are off") { try await pool.assertDurable() == unsafe }
        await pool.close()

        let parts: @Sendable (ServiceFoundation) -> ServiceParts = { foundation in
            _ = foundation.postgres
            return ServiceParts()
        }
        let error = await #expect(throws: UnsafeDatabase.self) {
            try await RunningService.run(["DATABASE_URL": server.url], parts: parts) { _ in }
        }
        #expect(error?.settings == unsafe)
        try await RunningService.run(["DATABASE_URL": server.url, "ALLOW_UNSAFE_DATABASE": "true"], parts: parts) { service in
            let ready = try await service.call("GET", "/readyz", management: true)
            #expect(ready.status == 200)
        }
    }
}
