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
        try configuration.beforeStatement?()
        return try await perform([query], until: .after(configuration.answerTimeout))[0]
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

    /// Runs statements in one round trip, with an explicit deadline; the result of each. With `heedingCancellation` false it also runs in a
    /// cancelled task.
    private func perform(_ queries: [Query], until deadline: Deadline, heedingCancellation: Bool = true) async throws -> [QueryResult] {
        try await cancellable { connection in
            try connection.run(queries, until: deadline, heedingCancellation: heedingCancellation)
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

    /// Runs statements in one round trip; the result of each. A statement that is new to the server is prepared on the way.
    ///
    /// One that no longer fits the tables, or that a proxy lost, is prepared once more, except inside a transaction: that has failed and is run
    /// again as a whole.
    private func run(_ queries: [Query], until deadline: Deadline, heedingCancellation: Bool = true) throws -> [QueryResult] {
        do {
            return try runOnce(queries, until: deadline, heedingCancellation: heedingCancellation)
        } catch let error as PostgresError where error.code == .stalePreparedStatement && transaction == nil {
            return try runOnce(queries, until: deadline, heedingCancellation: heedingCancellation)
        } catch {
            if transaction?.failure == nil { transaction?.failure = error }
            throw error
        }
    }

    /// Runs statements without parameters, by the simple protocol.
    private func run(script: String, until deadline: Deadline) throws {
        sharedState.withLock { $0.isIdle = false }
        defer { publishState() }
        do {
            let answers = try libpq.run([.script(script)], until: deadline, heedingCancellation: true)
            if let failure = answers.failure { throw failure }
        } catch {
            if transaction?.failure == nil { transaction?.failure = error }
            throw error
        }
    }

    private func runOnce(_ queries: [Query], until deadline: Deadline, heedingCancellation: Bool) throws -> [QueryResult] {
        let steps = queries.flatMap { self.steps(for: $0) }
        sharedState.withLock { $0.isIdle = false }
        defer { publishState() }
        let answers = try libpq.run(steps.map(\.command), until: deadline, heedingCancellation: heedingCancellation)
        for step in steps.prefix(answers.results.count) {
            if let statement = step.statement, case .prepare(let name, _, _) = step.command { prepared.insert(statement, as: name) }
        }
        if let failure = answers.failure {
            if failure.code == .stalePreparedStatement, let statement = steps[answers.results.count].statement {
                prepared.remove(statement)
            }
            throw failure
        }
        return zip(steps, answers.results).compactMap { step, result in step.isItself ? result : nil }
    }

    /// One command, and what it is about where that is prepared.
    private struct Step {
        let command: Libpq.Command
        var statement: PreparedStatements.Key?
        /// Whether it is the statement that was asked for, and not what prepares it.
        var isItself = true
    }

    private func steps(for query: Query) -> [Step] {
        guard query.isPrepared else { return [Step(command: .statement(query))] }
        let statement = PreparedStatements.Key(query)
        if let name = prepared.name(of: statement) {
            return [Step(command: .executePrepared(name: name, query), statement: statement)]
        }
        let oldest = prepared.makeRoom().map { Step(command: .statement(Query(unsafe: "DEALLOCATE \($0)")), isItself: false) }
        let name = prepared.newName()
        return [oldest].compactMap(\.self) + [
            Step(command: .prepare(name: name, sql: statement.sql, types: statement.types), statement: statement, isItself: false),
            Step(command: .executePrepared(name: name, query), statement: statement),
        ]
    }

    private func publishState() {
        let isIdle = libpq.isIdle
        let socket = libpq.isAlive ? libpq.socket : -1
        sharedState.withLock { $0 = SharedState(isIdle: isIdle, socket: socket) }
    }
}

extension PostgresConnection {
    /// Begins a transaction; `statementLimit` replaces the session's `statement_timeout` inside it. The server hears of it together with the
    /// first statement.
    func begin(until deadline: Deadline, statementLimit: Duration?) throws -> PostgresTransaction {
        try configuration.beforeStatement?()
        var beginning: [Query] = [Query("BEGIN").unprepared()]
        if let statementLimit {
            beginning.append(Query(unsafe: "SET LOCAL statement_timeout = '\(statementLimit.postgresMilliseconds)'").unprepared())
        }
        transactionCount += 1
        transaction = TransactionState(
            number: transactionCount, deadline: deadline, statementTimeout: statementLimit ?? configuration.answerTimeout,
            beginning: beginning)
        return PostgresTransaction(connection: self, number: transactionCount)
    }

    /// Runs statements of transaction `number`, behind those that wait; throws `transactionEnded` when that is over.
    func perform(_ queries: [Query], inTransaction number: Int) async throws -> [QueryResult] {
        let all = try take(queries, inTransaction: number)
        return try await Array(perform(all, until: statementDeadline(inTransaction: number, of: all.count)).suffix(queries.count))
    }

    /// Takes a statement of transaction `number` that goes to the server with the next one, or with COMMIT.
    func queue(_ query: Query, inTransaction number: Int) throws {
        let queries = try take([query], inTransaction: number)
        transaction?.waiting = queries
    }

    /// Runs a script of transaction `number`, which must neither commit nor roll back.
    func perform(script: String, inTransaction number: Int) async throws {
        let queries = try take([], inTransaction: number)
        if !queries.isEmpty { _ = try await perform(queries, until: statementDeadline(inTransaction: number, of: queries.count)) }
        let deadline = try statementDeadline(inTransaction: number, of: 1)
        _ = try await cancellable { connection in try connection.run(script: script, until: deadline) }
        guard libpq.isInTransaction else { throw PostgresError(.transactionEnded, note: "the script ended its transaction") }
    }

    /// What is to be sent now: all that waits, and more.
    private func take(_ queries: [Query], inTransaction number: Int) throws -> [Query] {
        guard let state = transaction, state.number == number else {
            throw PostgresError(.transactionEnded, note: "a statement after the transaction's end")
        }
        do {
            for _ in queries { try configuration.beforeStatement?() }
        } catch {
            transaction?.failure = state.failure ?? error
            throw error
        }
        defer {
            transaction?.beginning = []
            transaction?.waiting = []
        }
        return state.beginning + state.waiting + queries
    }

    /// Commits. Throws the failure that made the transaction impossible to commit if the body swallowed one, as `transactionAborted`
    /// unless it asks for another run. Also runs in a cancelled task: the work is complete, and half an answer would be worse.
    func commit() async throws {
        guard let state = transaction else { throw PostgresError(.transactionEnded, note: "COMMIT after the transaction's end") }
        if let failure = state.failure { throw aborted(by: failure) }
        let isBegun = state.beginning.isEmpty
        if isBegun, state.waiting.isEmpty, libpq.isIdle {
            throw PostgresError(.transactionEnded, note: "the body ended its transaction itself")
        }
        if isBegun || !state.waiting.isEmpty {
            let result = try await perform(
                state.beginning + state.waiting + [Query("COMMIT").unprepared()],
                until: .after(configuration.answerTimeout * (state.waiting.count + 1)), heedingCancellation: false)
            guard let tag = result.last?.commandTag, tag == "COMMIT" else {
                throw PostgresError(.transactionAborted, note: "the server answered COMMIT with \(result.last?.commandTag ?? "nothing")")
            }
        }
        transaction = nil
    }

    private func aborted(by failure: any Error) -> any Error {
        guard let failure = failure as? PostgresError else { return failure }
        if failure.code.asksForAnotherRun { return failure }
        return PostgresError(.transactionAborted, server: failure.server, note: "rolled back after: \(failure.note)")
    }

    /// Rolls back, where there is anything to; a connection on which even that fails is closed. Also runs in a cancelled task.
    func rollBack() async {
        transaction = nil
        guard libpq.isAlive, !libpq.isIdle else { return }
        do {
            _ = try await perform([Query("ROLLBACK").unprepared()], until: .after(configuration.answerTimeout), heedingCancellation: false)
        } catch {
            libpq.finish()
            publishState()
        }
    }

    private func statementDeadline(inTransaction number: Int, of count: Int) throws -> Deadline {
        guard let transaction, transaction.number == number else {
            throw PostgresError(.transactionEnded, note: "a statement after the transaction's end")
        }
        return min(transaction.deadline, .after(transaction.statementTimeout * count))
    }
}
