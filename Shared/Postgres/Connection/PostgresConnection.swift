import DedicatedThread

/// One session with the server, lent out by a pool. Everything libpq does happens on this connection's own thread, or on the one that its
/// configuration names.
///
/// Statements of several tasks on one connection run one after the other. A caller that is cancelled while its statement runs, and
/// one whose deadline passes, closes the connection: what the statement did is then unknown, and the pool opens another.
package actor PostgresConnection {
    private let thread: ThreadExecutor
    private let libpq: Libpq
    private let wakeUp: WakeUp
    private let configuration: PostgresConfiguration
    private var prepared = PreparedStatements()
    private var transaction: TransactionState?
    private var transactionCount = 0
    private nonisolated let sharedState = Locked(SharedState())

    /// What others may ask without waiting for the connection's thread.
    private struct SharedState {
        var isIdle = false
        var socket: Int32 = -1
    }

    /// The connection's thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private init(_ configuration: PostgresConfiguration) throws {
        thread = configuration.thread ?? ThreadExecutor(name: "postgres")
        wakeUp = try WakeUp()
        libpq = Libpq(wakeUp: wakeUp)
        self.configuration = configuration
    }

    deinit {
        endThread()
    }

    private nonisolated func endThread() {
        if configuration.thread == nil { thread.shutDown() }
    }

    /// Connects and logs in by the deadline. Throws `unreachable`, `authenticationFailed`, `resourcesExhausted` or
    /// `CancellationError`, and leaves nothing behind.
    static func open(_ configuration: PostgresConfiguration, until deadline: Deadline) async throws -> PostgresConnection {
        let connection = try PostgresConnection(configuration)
        do {
            try await connection.connect(until: deadline)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Runs one statement and returns its rows.
    ///
    /// Throws a `PostgresError`, or `CancellationError` when the calling task is cancelled.
    @discardableResult
    package func query(_ query: Query) async throws -> QueryResult {
        try await perform(query, until: .after(configuration.answerTimeout))
    }

    /// Runs `body` on the connection's thread, so that its calls of this connection change no threads: for a loop that does little
    /// else. Meanwhile nobody else's call of the connection is served while `body` runs, only while it waits.
    package nonisolated func onItsThread<T>(_ body: () async throws -> T) async rethrows -> T {
        try await withTaskExecutorPreference(thread, operation: body)
    }

    /// Ends the session and its thread. Closing twice does nothing more.
    func close() {
        libpq.finish()
        publishState()
        endThread()
    }

    /// Whether the connection can be handed to the next caller: alive, outside a transaction, nothing under way.
    nonisolated var isIdle: Bool { sharedState.withLock(\.isIdle) }

    /// Whether an idle connection is as it was left. The server speaks to an idle client only to say goodbye, so anything to read,
    /// like the end of the stream, means that it is gone. One system call that returns at once.
    package nonisolated var isQuiet: Bool {
        let socket = sharedState.withLock(\.socket)
        return socket >= 0 && SocketProbe.isQuiet(socket)
    }
}

extension PostgresConnection {
    private func connect(until deadline: Deadline) async throws {
        try await cancellable { connection in
            try connection.libpq.connect(connection.configuration.connectionSettings, until: deadline)
        }
        publishState()
    }

    /// Runs one statement, prepared or not, with an explicit deadline.
    func perform(_ query: Query, until deadline: Deadline) async throws -> QueryResult {
        try await cancellable { connection in
            guard query.isPrepared else { return try connection.run(.statement(query), until: deadline) }
            return try connection.runPrepared(query, until: deadline)
        }
    }

    /// Runs statements without parameters. With `heedingCancellation` false it also runs in a cancelled task.
    func perform(script: String, until deadline: Deadline, heedingCancellation: Bool = true) async throws -> QueryResult {
        try await cancellable { connection in
            try connection.run(.script(script), until: deadline, heedingCancellation: heedingCancellation)
        }
    }

    /// A cancelled task only wakes the waiting thread, which then looks at `Task.isCancelled` itself: a wake-up that comes too late
    /// cannot hit the next caller's statement.
    ///
    /// `body` takes the connection so that the closure around it does: one that does not mention the actor would leave the actor's
    /// thread, and block a thread of the cooperative pool.
    private func cancellable<T>(_ body: (isolated PostgresConnection) throws -> T) async throws -> T {
        try await withTaskCancellationHandler {
            try body(self)
        } onCancel: {
            wakeUp.signal()
        }
    }

    private func run(_ command: Libpq.Command, until deadline: Deadline, heedingCancellation: Bool = true) throws -> QueryResult {
        sharedState.withLock { $0.isIdle = false }
        defer { publishState() }
        do {
            if heedingCancellation { try configuration.beforeStatement?() }
            return try libpq.run(command, until: deadline, heedingCancellation: heedingCancellation)
        } catch {
            if transaction?.failure == nil { transaction?.failure = error }
            throw error
        }
    }

    private func publishState() {
        let isIdle = libpq.isIdle
        let socket = libpq.isAlive ? libpq.socket : -1
        sharedState.withLock { $0 = SharedState(isIdle: isIdle, socket: socket) }
    }

    /// Parses and plans a statement the first time. One that no longer fits the tables, or that a proxy lost, is prepared once more,
    /// except inside a transaction: that has failed and is run again as a whole.
    private func runPrepared(_ query: Query, until deadline: Deadline) throws -> QueryResult {
        let statement = PreparedStatements.Key(query)
        for isLastTry in [false, true] {
            do {
                guard let name = prepared.name(for: statement) else { return try run(.statement(query), until: deadline) }
                if !prepared.contains(statement) {
                    _ = try run(.prepare(name: name, query), until: deadline)
                    prepared.insert(statement)
                }
                return try run(.executePrepared(name: name, query), until: deadline)
            } catch let error as PostgresError where error.code == .stalePreparedStatement {
                prepared.remove(statement)
                if isLastTry || transaction != nil { throw error }
            }
        }
        throw PostgresError(.stalePreparedStatement, note: "prepared twice in vain")
    }
}

extension PostgresConnection {
    /// Begins a transaction; `statementLimit` replaces the session's `statement_timeout` inside it.
    func begin(until deadline: Deadline, statementLimit: Duration?) async throws -> PostgresTransaction {
        var script = "BEGIN"
        if let statementLimit { script += "; SET LOCAL statement_timeout = '\(statementLimit.postgresMilliseconds)'" }
        _ = try await perform(script: script, until: min(deadline, .after(configuration.answerTimeout)))
        transactionCount += 1
        transaction = TransactionState(
            number: transactionCount, deadline: deadline, statementTimeout: statementLimit ?? configuration.answerTimeout)
        return PostgresTransaction(connection: self, number: transactionCount)
    }

    /// Runs a statement of transaction `number`; throws `transactionEnded` when that is over.
    func perform(_ query: Query, inTransaction number: Int) async throws -> QueryResult {
        try await perform(query, until: statementDeadline(inTransaction: number))
    }

    /// Runs a script of transaction `number`, which must neither commit nor roll back.
    func perform(script: String, inTransaction number: Int) async throws {
        _ = try await perform(script: script, until: statementDeadline(inTransaction: number))
        guard libpq.isInTransaction else { throw PostgresError(.transactionEnded, note: "the script ended its transaction") }
    }

    /// Commits. Throws the failure that made the transaction impossible to commit if the body swallowed one, as `transactionAborted`
    /// unless it asks for another run. Also runs in a cancelled task: the work is complete, and half an answer would be worse.
    func commit() async throws {
        guard let state = transaction else { throw PostgresError(.transactionEnded, note: "COMMIT after the transaction's end") }
        defer { transaction = nil }
        if libpq.isIdle { throw PostgresError(.transactionEnded, note: "the body ended its transaction itself") }
        let deadline = Deadline.after(configuration.answerTimeout)
        let result = try await perform(script: "COMMIT", until: deadline, heedingCancellation: false)
        guard result.commandTag != "COMMIT" else { return }
        if let failure = state.failure as? PostgresError {
            if failure.code.asksForAnotherRun { throw failure }
            throw PostgresError(.transactionAborted, server: failure.server, note: "rolled back after: \(failure.note)")
        }
        throw PostgresError(.transactionAborted, note: "the server answered COMMIT with \(result.commandTag)")
    }

    /// Rolls back; a connection on which even that fails is closed. Also runs in a cancelled task.
    func rollBack() async {
        transaction = nil
        do {
            _ = try await perform(script: "ROLLBACK", until: .after(configuration.answerTimeout), heedingCancellation: false)
        } catch {
            libpq.finish()
            publishState()
        }
    }

    private func statementDeadline(inTransaction number: Int) throws -> Deadline {
        guard let transaction, transaction.number == number else {
            throw PostgresError(.transactionEnded, note: "a statement after the transaction's end")
        }
        return min(transaction.deadline, .after(transaction.statementTimeout))
    }
}
