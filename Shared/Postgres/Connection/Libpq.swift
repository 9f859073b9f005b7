import CPostgres
import Glibc

/// Owns one `PGconn` and drives it without ever blocking past a deadline. Used by one thread only: the actor around it sees to that.
///
/// libpq is put in non-blocking mode and this type waits for the socket itself, because a server that is frozen or cut off never
/// fires its own timeouts (libpq documentation, "Asynchronous Command Processing"). Any error that leaves the protocol in doubt
/// closes the connection: from then on `isAlive` is false.
@safe
final class Libpq {
    /// How to send one command.
    enum Command {
        /// One or several statements without parameters.
        case script(String)
        /// One statement with the parameters of `query`.
        case statement(Query)
        case prepare(name: String, sql: String, types: [UInt32])
        case executePrepared(name: String, Query)
    }

    private(set) var pointer: OpaquePointer?
    private let wakeUp: WakeUp
    private var polled = [pollfd(), pollfd()]

    init(wakeUp: WakeUp) {
        self.wakeUp = wakeUp
    }

    deinit {
        unsafe PQfinish(pointer)
    }

    var isAlive: Bool { unsafe pointer != nil }

    /// Alive, and neither in a transaction nor in the middle of an answer.
    var isIdle: Bool { unsafe isAlive && PQtransactionStatus(pointer) == PQTRANS_IDLE }

    var isInTransaction: Bool { unsafe isAlive && PQtransactionStatus(pointer) == PQTRANS_INTRANS }

    var socket: Int32 { unsafe PQsocket(pointer) }

    func finish() {
        unsafe PQfinish(pointer)
        unsafe pointer = nil
    }

    /// Connects and logs in. Throws `unreachable`, `authenticationFailed`, `resourcesExhausted` or `CancellationError`.
    func connect(_ settings: ConnectionSettings, until deadline: Deadline) throws {
        unsafe pointer = settings.withCStrings { unsafe PQconnectStartParams($0, $1, 0) }
        guard unsafe pointer != nil else { throw PostgresError(.unreachable, note: "no memory for a connection") }
        do {
            // By default libpq prints notices to standard error.
            unsafe PQsetNoticeReceiver(pointer, { _, _ in }, nil)
            var step = PGRES_POLLING_WRITING
            while step != PGRES_POLLING_OK {
                guard step != PGRES_POLLING_FAILED, unsafe PQstatus(pointer) != CONNECTION_BAD else { throw connectFailure() }
                try wait(for: step == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline, heedingCancellation: true)
                step = unsafe PQconnectPoll(pointer)
            }
            guard unsafe PQsetnonblocking(pointer, 1) == 0 else { throw connectFailure() }
        } catch {
            finish()
            guard let error = error as? PostgresError, error.code == .deadlineExceeded else { throw error }
            throw PostgresError(.unreachable, note: error.note)
        }
    }

    /// What came back for commands that were sent together: a result for each up to the first that failed.
    struct Answers {
        var results: [QueryResult] = []
        var failure: PostgresError?
    }

    /// Sends commands and collects all of their answers, so that the connection is ready for the next ones. Several are one round trip: after
    /// one that fails none of the others is executed, a COMMIT included (libpq documentation, "Pipeline Mode").
    ///
    /// Throws `invalidQuery` for what cannot be sent, and `connectionLost`, `deadlineExceeded` and `CancellationError`, after which the
    /// connection is closed. With `heedingCancellation` false a cancelled task still waits for the answer, until the deadline.
    func run(_ commands: [Command], until deadline: Deadline, heedingCancellation: Bool) throws -> Answers {
        guard isAlive else { throw PostgresError(.connectionLost, note: "the connection is closed") }
        // Before anything is sent a cancellation costs nothing, not even the connection.
        if heedingCancellation { try Task.checkCancellation() }
        for command in commands { try check(command) }
        do {
            let answers = try exchange(commands, until: deadline, heedingCancellation: heedingCancellation)
            if unsafe answers.failure?.code.endsConnection == true || PQstatus(pointer) == CONNECTION_BAD { finish() }
            return answers
        } catch {
            finish()
            throw error
        }
    }

    private func exchange(_ commands: [Command], until deadline: Deadline, heedingCancellation: Bool) throws -> Answers {
        let isPipeline = commands.count > 1
        if isPipeline { try expect(unsafe PQenterPipelineMode(pointer)) }
        for command in commands { try send(command) }
        if isPipeline { try expect(unsafe PQpipelineSync(pointer)) }
        try flush(until: deadline, heedingCancellation: heedingCancellation)
        var answers = Answers()
        for _ in commands {
            let answer = try collect(until: deadline, heedingCancellation: heedingCancellation, failed: answers.failure)
            switch answer {
            case .success(let result): if answers.failure == nil { answers.results.append(result) }
            case .failure(let error): answers.failure = answers.failure ?? error
            }
        }
        if isPipeline {
            guard let sync = try next(until: deadline, heedingCancellation: heedingCancellation, failed: answers.failure),
                sync.status == PGRES_PIPELINE_SYNC
            else { throw lost() }
            try expect(unsafe PQexitPipelineMode(pointer))
        }
        return answers
    }

    private func expect(_ isDone: Int32) throws {
        guard isDone == 1 else { throw lost() }
    }
}

extension Libpq {
    private func flush(until deadline: Deadline, heedingCancellation: Bool) throws {
        while true {
            switch unsafe PQflush(pointer) {
            case 0: return
            case 1:
                // The server may stop reading until we read: so either will do.
                let ready = try wait(for: POLLIN | POLLOUT, until: deadline, heedingCancellation: heedingCancellation)
                if ready & POLLOUT == 0 { try consume() }
            default: throw lost()
            }
        }
    }

    /// The answer to one command.
    private func collect(
        until deadline: Deadline, heedingCancellation: Bool, failed: PostgresError?
    ) throws -> Result<QueryResult, PostgresError> {
        var answer: QueryResult?
        var failure: PostgresError?
        while let result = try next(until: deadline, heedingCancellation: heedingCancellation, failed: failure ?? failed) {
            switch result.status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: answer = result.copy()
            case PGRES_EMPTY_QUERY: failure = failure ?? PostgresError(.invalidQuery, note: "the query is empty")
            case PGRES_PIPELINE_ABORTED: failure = failure ?? PostgresError(.transactionAborted, note: "a statement before it failed")
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                finish()
                throw PostgresError(.invalidQuery, note: "COPY is not supported")
            default: failure = failure ?? PostgresError(server: result.serverMessage)
            }
        }
        if let failure { return .failure(failure) }
        guard let answer else { throw failed ?? lost() }
        return .success(answer)
    }

    /// The next result; nil at the end of what one command has brought. When the connection ends, the server's last word on why is thrown.
    private func next(until deadline: Deadline, heedingCancellation: Bool, failed: PostgresError?) throws -> LibpqResult? {
        while unsafe PQisBusy(pointer) == 1 {
            try wait(for: POLLIN, until: deadline, heedingCancellation: heedingCancellation)
            do { try consume() } catch { throw failed ?? error }
        }
        guard let next = unsafe PQgetResult(pointer) else { return nil }
        return unsafe LibpqResult(next)
    }

    private func consume() throws {
        guard unsafe PQconsumeInput(pointer) == 1 else { throw lost() }
    }

    /// Waits until the socket is ready; returns what for. An error or the end of the connection counts as ready: libpq finds out.
    @discardableResult
    private func wait(for events: Int32, until deadline: Deadline, heedingCancellation: Bool) throws -> Int32 {
        while true {
            if heedingCancellation, Task.isCancelled { throw CancellationError() }
            // libpq may change the socket during connect; poll(2) ignores a negative descriptor.
            polled[0] = pollfd(fd: socket, events: Int16(events), revents: 0)
            polled[1] = pollfd(fd: heedingCancellation ? wakeUp.fileDescriptor : -1, events: Int16(POLLIN), revents: 0)
            let count = unsafe polled.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, 2, deadline.pollTimeout) }
            if count == 0 { throw PostgresError(.deadlineExceeded, note: "no answer from the server in time") }
            if count < 0, errno != EINTR { throw PostgresError(.connectionLost, note: "poll: errno \(errno)") }
            if count > 0, polled[1].revents != 0 { wakeUp.clear() }
            if count > 0, polled[0].revents != 0 { return Int32(polled[0].revents) }
        }
    }

    private func lost() -> PostgresError {
        PostgresError(.connectionLost, note: message)
    }

    var message: String {
        unsafe String(cString: PQerrorMessage(pointer))
    }

    /// libpq gives no SQLSTATE for a failed connection, only text; what the server itself refuses it marks with FATAL.
    private func connectFailure() -> PostgresError {
        let text = message
        let isRefusedLogin = unsafe PQconnectionNeedsPassword(pointer) == 1 || Self.loginRefusals.contains { text.contains($0) }
        if isRefusedLogin { return PostgresError(.authenticationFailed, note: text) }
        let isFull = text.contains("too many clients") || text.contains("too many connections") || text.contains("connection slots")
        return PostgresError(isFull ? .resourcesExhausted : .unreachable, note: text)
    }

    private static let loginRefusals = [
        "authentication failed", "does not exist", "no pg_hba.conf entry", "not permitted to log in", "permission denied for database",
    ]
}
