import Messaging
import Postgres
import ServiceLifecycle
import Synchronization

/// Stores events, many in one commit: while a commit is on its way, whatever arrives is gathered for the next.
///
/// `store` returns only after the commit that has the event in it, so a 200 means that it is on disk.
final class GroupCommit: Service, Sendable {
    /// Too much waits for the database already.
    struct Full: Error {}

    private struct Waiting: Sendable {
        let event: ReceivedEvent
        let done: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct State {
        var waiting: [Waiting] = []
        /// The bodies in `waiting`, together.
        var bytes = 0
        /// Writers with a batch.
        var busy = 0
        /// Writers with nothing to do.
        var idle: [CheckedContinuation<Void, Never>] = []
        var isStopped = false

        /// Whether one more commit should begin now.
        var isWorthACommit: Bool { !waiting.isEmpty && (busy == 0 || waiting.count >= GroupCommit.enough || isStopped) }

        /// What one commit takes, for a writer that is now busy with it; empty when no commit should begin.
        mutating func take() -> [Waiting] {
            guard isWorthACommit else { return [] }
            let batch = Array(waiting.prefix(GroupCommit.largest))
            waiting.removeFirst(batch.count)
            for one in batch { bytes -= one.event.rawData.count }
            busy += 1
            return batch
        }
    }

    private let pool: PostgresPool
    private let events: StoreEvents
    private let committed: @Sendable () -> Void
    private let state = Mutex(State())

    /// At most two commits are on their way at a time: while one waits for the disk the other's rows are sent.
    private static let writers = 2
    /// The second begins once so many wait: fewer would rather have shared the next.
    private static let enough = 16
    /// At most this many events share a statement: beyond that it grows the latency of the first more than it saves.
    private static let largest = 128
    /// At most this many wait, and this much; Stripe comes again after a 503.
    private static let capacity = 4096
    private static let capacityBytes = 64 * 1024 * 1024

    /// `committed` is called after each commit of something to publish, to wake the relay.
    init(pool: PostgresPool, events: StoreEvents, committed: @escaping @Sendable () -> Void) {
        self.pool = pool
        self.events = events
        self.committed = committed
    }

    /// Returns when the event is committed (also when it had been before). Throws `Full`, or what the database said.
    func store(_ event: ReceivedEvent) async throws {
        try await withCheckedThrowingContinuation { continuation in
            if take(event, done: { continuation.resume(with: $0) }) { begin() } else { continuation.resume(throwing: Full()) }
        }
    }

    /// Takes an event for the next commit and calls `done` once, on any thread, when it is committed, or with what the database said;
    /// false when too much waits already, and then `done` is not called. Whoever takes calls `begin` behind the last.
    func take(_ event: ReceivedEvent, done: @escaping @Sendable (Result<Void, any Error>) -> Void) -> Bool {
        state.withLock { state in
            guard !state.isStopped, state.waiting.count < Self.capacity, state.bytes < Self.capacityBytes else { return false }
            state.waiting.append(Waiting(event: event, done: done))
            state.bytes += event.rawData.count
            return true
        }
    }

    /// Begins a commit of what was taken, if one should begin now.
    func begin() {
        state.withLock { $0.isWorthACommit ? $0.idle.popLast() : nil }?.resume()
    }

    /// The next batch, as soon as there is one; empty once all is stored and nothing more will come.
    private func next() async -> [Waiting] {
        while true {
            let (batch, isStopped) = state.withLock { ($0.take(), $0.isStopped) }
            if !batch.isEmpty || isStopped { return batch }
            await withCheckedContinuation { continuation in
                let hasWork = state.withLock { state in
                    if state.isStopped || state.isWorthACommit { return true }
                    state.idle.append(continuation)
                    return false
                }
                if hasWork { continuation.resume() }
            }
        }
    }

    /// The batch behind one that is done with.
    private func another() -> [Waiting] {
        state.withLock { state in
            state.busy -= 1
            return state.take()
        }
    }

    /// Writes until nothing more will come. Events that find no database are refused.
    private func write() async {
        while case var batch = await next(), !batch.isEmpty {
            while !batch.isEmpty {
                do {
                    batch = try await commitAll(batch)
                } catch {
                    finish(batch, .failure(error))
                    batch = another()
                }
            }
        }
    }

    /// Commits a batch and what comes meanwhile, on the thread of one connection: neither the events nor what became of them change
    /// threads on the way. Returns what that connection did not live to see.
    private func commitAll(_ first: [Waiting]) async throws -> [Waiting] {
        try await pool.together { connection in
            var batch = first
            while !batch.isEmpty, connection.isQuiet {
                await commit(batch, on: connection)
                batch = another()
            }
            return batch
        }
    }

    private func commit(_ batch: [Waiting], on connection: PostgresConnection) async {
        do {
            try await events(batch.map(\.event), in: connection)
            if batch.contains(where: \.event.isToBePublished) { committed() }
            finish(batch, .success(()))
        } catch let error as PostgresError where !error.isRetriable && batch.count > 1 {
            // One row that the database will never take must not keep the others out.
            for waiting in batch { await commit([waiting], on: connection) }
        } catch {
            finish(batch, .failure(error))
        }
    }

    private func finish(_ batch: [Waiting], _ result: Result<Void, any Error>) {
        for waiting in batch { waiting.done(result) }
    }

    private func stop() {
        let idle = state.withLock { state in
            state.isStopped = true
            defer { state.idle = [] }
            return state.idle
        }
        for writer in idle { writer.resume() }
    }

    /// Commits until shut down; what waits then is committed first.
    func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await Acting(.stripe, "stripe", by: "POST /api/payment/webhook").perform {
                    await withTaskGroup(of: Void.self) { writers in
                        for _ in 0..<Self.writers {
                            writers.addTask { await self.write() }
                        }
                    }
                }
            } onGracefulShutdown: {
                self.stop()
            }
        } onCancel: {
            self.stop()
        }
    }
}
