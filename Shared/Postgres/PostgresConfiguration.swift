package import DedicatedThread

/// Where a pool connects to, how many connections it keeps and how long its callers wait.
package struct PostgresConfiguration: Sendable, CustomStringConvertible {
    /// The most connections open at a time; they are opened when first needed.
    package var maximumConnections = 6

    /// The most callers that may wait for a connection; one more fails at once with `tooBusy`.
    package var maximumWaiters = 256

    /// How long a caller waits for a connection before it fails with `tooBusy`, or `unreachable` when the server is away.
    package var acquireTimeout = Duration.seconds(3)

    /// How long one statement may run on the server (`statement_timeout`). This side gives up one second later, so that the server's
    /// own answer, which keeps the connection, normally comes first.
    package var queryTimeout = Duration.seconds(5)

    /// How long a transaction may take, all its tries together.
    package var transactionTimeout = Duration.seconds(15)

    /// Where all connections of it wait; nil where each has a thread of its own. One at a time then waits for the server: for a program that does
    /// one thing at a time, on this very thread, and so never changes threads. Whoever gives it ends it.
    package var thread: ThreadExecutor?

    /// Called before each statement but `COMMIT` and `ROLLBACK`; what it throws is thrown in place of its result, and it is not run: for a test
    /// that kills what runs at any moment.
    package var beforeStatement: (@Sendable () throws -> Void)?

    private let settings: ConnectionSettings
    let applicationName: String

    /// A configuration from `DATABASE_URL`: `postgresql://role:password@host:port/database`, with libpq's parameters after a `?`.
    ///
    /// `applicationName` is what `pg_stat_activity` shows. Throws `invalidURL`.
    package init(url: String, applicationName: String) throws {
        settings = try ConnectionSettings(url: url)
        self.applicationName = applicationName
    }

    /// Where it connects to; never the password.
    package var description: String { settings.description }

    /// The deadline on this side for one statement.
    var answerTimeout: Duration { queryTimeout + .seconds(1) }

    /// The longest pause between two attempts to connect: half of what a caller waits, so that every caller sees at least one attempt.
    var longestBackoff: Duration { min(.seconds(5), acquireTimeout / 2) }

    /// Everything a connection starts with. A server that vanished is noticed within about 20 s by keepalives (10 s idle, three probes
    /// 3 s apart) and unacknowledged data within 10 s; both are a second net under the deadlines.
    var connectionSettings: ConnectionSettings {
        var settings = settings
        let defaults = [
            ("client_encoding", "UTF8"), ("connect_timeout", "3"), ("keepalives", "1"), ("keepalives_idle", "10"),
            ("keepalives_interval", "3"), ("keepalives_count", "3"), ("tcp_user_timeout", "10000"), ("gssencmode", "disable"),
            ("target_session_attrs", "read-write"), ("application_name", applicationName),
        ]
        for (keyword, value) in defaults { settings.setDefault(keyword, value) }
        settings.setSession([
            ("statement_timeout", queryTimeout.postgresMilliseconds), ("lock_timeout", "3s"),
            ("idle_in_transaction_session_timeout", "15s"), ("synchronous_commit", "on"), ("client_connection_check_interval", "2s"),
            ("TimeZone", "UTC"), ("DateStyle", "ISO"),
            // One plan for any values, made once: the server would plan statements with arrays anew each time. To compile it takes longer than
            // to run it.
            ("plan_cache_mode", "force_generic_plan"), ("jit", "off"),
        ])
        settings.setSession(wholeTableMethods.map { ($0, "off") })
        return settings
    }
}

extension Duration {
    /// Whole milliseconds as a server setting; at least 1, since 0 would mean no limit.
    var postgresMilliseconds: String {
        let (seconds, attoseconds) = components
        return "\(max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))ms"
    }
}
