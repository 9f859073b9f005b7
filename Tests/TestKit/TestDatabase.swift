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

    /// A pool of a service's role, such as `checkout`, which may do with these tables what the running service may.
    package func pool(role: String, with schema: Schema) async throws -> PostgresPool {
        try await migrate(try pool(role: "\(role)_owner"), schema, for: role, logger: Self.quiet)
        return try pool(role: role)
    }

    /// A pool of the owner of a service's tables, which are as these migrations left them: for what was there before an upgrade, and for what
    /// the service itself could not have done.
    package func owner(of role: String, after migrations: [Migration] = []) async throws -> PostgresPool {
        let pool = try pool(role: "\(role)_owner")
        try await migrate(pool, migrations, logger: Self.quiet)
        return pool
    }

    private static let quiet = Logger(label: "migrate", factory: { _ in SwiftLogNoOpLogHandler() })

    /// The settings by which a service finds this database, as a role of its own and, when it starts, as the owner of its tables.
    package func settings(of role: String) -> [String: String] {
        ["DATABASE_URL": url(role: role), "MIGRATION_DATABASE_URL": url(role: "\(role)_owner")]
    }

    /// Plays deploy/postgres/roles.sql on this database, as the next `up` would.
    package func playRoles() async throws { try await server.createRoles(in: name) }

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
