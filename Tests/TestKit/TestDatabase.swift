import DedicatedThread
import Foundation
import Logging
package import Postgres

/// A database of its own for one test, with the roles and empty schemas of a real one (deploy/postgres/roles.sql).
///
/// Its pools are closed when the test ends, and connections of others are cut. Roles are shared by all databases of a server: a test
/// must not change them.
package final class TestDatabase: Sendable {
    /// The database of the running test that has the `.database` trait.
    @TaskLocal package static var current: TestDatabase?

    /// The name of the database.
    package let name: String

    /// Reads every schema and changes nothing: for looking at what a service did. Names need their schema: `checkout.payments`.
    package let observer: PostgresPool

    /// May do anything: for arranging what a service meets, and for faults.
    package let superuser: PostgresPool

    private let server: DatabaseServer
    private let pools = Locked<[PostgresPool]>([])

    /// Makes a database. `drop` must follow.
    package static func create() async throws -> TestDatabase {
        let database = try TestDatabase(name: "test_\(UUID().uuidString.lowercased().filter { $0 != "-" })")
        try await database.server.createDatabase(database.name)
        return database
    }

    private init(name: String) throws {
        let server = try DatabaseServer()
        self.name = name
        self.server = server
        observer = try Self.pool(url: Self.url(role: "observer", of: name, at: server))
        superuser = try Self.pool(url: Self.url(role: nil, of: name, at: server))
    }

    /// The superuser's `DATABASE_URL`.
    package var url: String { Self.url(role: nil, of: name, at: server) }

    /// The `DATABASE_URL` of a service's role, such as `checkout`, or of `observer`.
    package func url(role: String) -> String { Self.url(role: role, of: name, at: server) }

    /// A pool of a service's role, or of the superuser if none is named, with settings to the test's taste.
    package func pool(role: String? = nil, configure: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresPool {
        let pool = try Self.pool(url: Self.url(role: role, of: name, at: server), configure: configure)
        pools.withLock { $0.append(pool) }
        return pool
    }

    /// A pool of a service's role whose schema has these migrations.
    package func pool(role: String, migrated migrations: [Migration]) async throws -> PostgresPool {
        let pool = try pool(role: role)
        try await migrate(pool, migrations, logger: Logger(label: "migrate", factory: { _ in SwiftLogNoOpLogHandler() }))
        return pool
    }

    /// Drops the database, cutting whoever is connected, and closes the pools.
    package func drop() async throws {
        try await server.dropDatabase(name)
        for pool in pools.withLock({ $0 }) + [observer, superuser] { await pool.close() }
    }

    private static func pool(
        url: String, configure: (inout PostgresConfiguration) -> Void = { _ in }
    ) throws -> PostgresPool {
        var configuration = try PostgresConfiguration(url: url, applicationName: "test")
        configure(&configuration)
        return PostgresPool(configuration: configuration, logger: Logger(label: "test"))
    }

    private static func url(role: String?, of database: String, at server: DatabaseServer) -> String {
        var url = server.url
        url.path = "/\(database)"
        if let role {
            url.user = role
            url.password = server.rolePassword
            // The observer's sessions are read-only, which a client that wants to write takes for a standby.
            if role == "observer" { url.queryItems = (url.queryItems ?? []) + [URLQueryItem(name: "target_session_attrs", value: "any")] }
        }
        return url.string ?? ""
    }
}
