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
            return ServiceParts(migrations: migrations) { router in
                router.get("/rows") { _, _ in "\(try await postgres.query("SELECT id FROM things").count)" }
            }
        }
    }

    private static let things = Migration(name: "V0001_things", sql: "CREATE TABLE things (id bigint PRIMARY KEY)")

    @Test("its tables are there before it is ready, also when many replicas begin at once")
    func migrates() async throws {
        let url = try database().url(role: "checkout")
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

    @Test("a migration that fails ends the service")
    func brokenMigration() async throws {
        let url = try database().url(role: "checkout")
        await #expect(throws: PostgresError.self) {
            try await RunningService.run(["DATABASE_URL": url], parts: parts([Migration(name: "V0001_bad", sql: "CREATE NONSENSE")])) { _ in
            }
        }
    }

    @Test("a database that may lose what it confirmed is refused, unless that is allowed")
    func unsafe() async throws {
        let database = try database()
        _ = try await database.superuser.query("ALTER DATABASE \(unsafe: database.name) SET synchronous_commit = off")
        // The service asks for it to be on in its own sessions, so it is the role's choice against ours that would count.
        try await RunningService.run(["DATABASE_URL": database.url(role: "checkout")], parts: parts([Self.things])) { service in
            let ready = try await service.call("GET", "/readyz", management: true)
            #expect(ready.status == 200)
        }
    }

    @Test("when the database goes the service is not ready, and is again when it returns")
    func goes() async throws {
        let database = try database()
        try await RunningService.run(
            ["DATABASE_URL": database.url(role: "checkout"), "DATABASE_CONNECTIONS": "1"], parts: parts([Self.things])
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
            WHERE datname = \(database.name) AND usename = 'checkout'
            """)
    }
}
