import Foundation
import Logging
import Postgres

/// The PostgreSQL server for tests, by `TEST_POSTGRES_URL`: makes databases and drops them.
struct DatabaseServer: Sendable {
    /// The superuser's URL, of any database.
    let url: URLComponents
    /// The password of every role but the superuser, by `TEST_ROLE_PASSWORD`; `test` if that is not set.
    let rolePassword: String

    /// Reads the environment. Throws an error that says what to run when the URL is missing.
    init() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let text = environment["TEST_POSTGRES_URL"], let url = URLComponents(string: text) else {
            throw DatabaseTestError("TEST_POSTGRES_URL is not set: run deploy/local test")
        }
        self.url = url
        rolePassword = environment["TEST_ROLE_PASSWORD"] ?? "test"
    }

    /// Makes a copy of the template database, and the template itself if nobody has yet.
    func createDatabase(_ name: String) async throws {
        try await withSession { session in
            if try await !hasTemplate(session) { try await createTemplate(session) }
            _ = try await session.query("CREATE DATABASE \(unsafe: name) TEMPLATE \(unsafe: Self.template)")
            // Of the template's rights those on the database itself are not copied.
            _ = try await session.query("REVOKE TEMPORARY ON DATABASE \(unsafe: name) FROM PUBLIC")
        }
    }

    /// Drops a database, whoever is still connected to it.
    func dropDatabase(_ name: String) async throws {
        try await withSession { session in
            _ = try await session.query("DROP DATABASE IF EXISTS \(unsafe: name) WITH (FORCE)")
        }
    }

    // MARK: The template

    private static let template = "payments_template"
    private static let unfinished = "payments_template_unfinished"

    /// Any number; whoever makes the template holds this lock.
    private static let templateLock: Int64 = 7_283_651_940

    private func hasTemplate(_ session: PostgresConnection) async throws -> Bool {
        try await !session.query("SELECT FROM pg_database WHERE datname = \(Self.template)").isEmpty
    }

    /// Under another name until it is complete, so that nobody copies half a template. The lock ends with the session.
    private func createTemplate(_ session: PostgresConnection) async throws {
        _ = try await session.query("SELECT pg_advisory_lock(\(Self.templateLock))")
        guard try await !hasTemplate(session) else { return }
        _ = try await session.query("DROP DATABASE IF EXISTS \(unsafe: Self.unfinished) WITH (FORCE)")
        _ = try await session.query("CREATE DATABASE \(unsafe: Self.unfinished)")
        try await createRoles(in: Self.unfinished)
        _ = try await session.query("ALTER DATABASE \(unsafe: Self.unfinished) RENAME TO \(unsafe: Self.template)")
    }

    /// Plays deploy/postgres/roles.sql, as often as one likes; by psql, because the script is written for it.
    func createRoles(in database: String) async throws {
        var target = url
        target.path = "/\(database)"
        guard let targetURL = target.string else { throw DatabaseTestError("no URL for \(database)") }
        var environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
        for role in ["CHECKOUT", "WEBHOOK", "REFUND", "ANALYTICS", "ENFORCEMENT", "NOTIFICATION", "OBSERVER"] {
            environment["\(role)_DATABASE_PASSWORD"] = rolePassword
            environment["\(role)_OWNER_DATABASE_PASSWORD"] = rolePassword
        }
        let script = URL(filePath: #filePath).appending(path: "../../../deploy/postgres/roles.sql").standardized
        let log = FileManager.default.temporaryDirectory.appending(path: "roles-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: log) }
        try await BrokerProcess.output(
            "/usr/bin/env", ["psql", "-X", "-q", "-d", targetURL, "-f", script.path], environment: environment, log: log)
    }

    /// One session of its own, so that nothing stays behind on the server.
    private func withSession(_ body: (PostgresConnection) async throws -> Void) async throws {
        var configuration = try PostgresConfiguration(url: url.string ?? "", applicationName: "testkit")
        // Making and dropping a database waits for checkpoints, which a busy disk makes slow.
        configuration.queryTimeout = .seconds(180)
        configuration.acquireTimeout = .seconds(20)
        let pool = PostgresPool(configuration: configuration, logger: Logger(label: "testkit"))
        do {
            try await pool.withConnection { connection in
                _ = try await connection.query("SET lock_timeout = 0")
                try await body(connection)
            }
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }
}

/// Why a database for tests is not as a test needs it.
package struct DatabaseTestError: Error, CustomStringConvertible {
    /// The reason in words.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
