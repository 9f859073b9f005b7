package import HTTPTypes
package import Postgres
import ServiceLifecycle
import Synchronization

/// Does what is asked for many at a time, on one connection: while a batch is on its way, whatever arrives is gathered for the next. Who comes
/// alone is served at once, and the more come the less each costs. Events are committed so ("group commit"), and the hottest reads answered.
///
/// A caller is told when the batch with its item is done: where the work commits, that it is on disk.
package final class Batcher<Item: Sendable, Value: Sendable>: Service, Sendable {
    /// Called once, on any thread.
    package typealias Done = @Sendable (Result<Value, any Error>) -> Void

    private struct Waiting: Sendable {
        let item: Item
        let done: Done
    }

    private struct State {
        var waiting: [Waiting] = []
        /// What is in `waiting`, together.
        var bytes = 0
        /// Lanes with a batch.
        var busy = 0
        /// Lanes with nothing to do.
        var idle: [CheckedContinuation<Void, Never>] = []
        var isStopped = false
    }

    private let pool: PostgresPool
    private let bounds: BatcherBounds
    private let size: @Sendable (Item) -> Int
    private let work: @Sendable ([Item], PostgresConnection) async throws -> [Value]
    private let state = Mutex(State())

    /// A batcher that works while its `run` does.
    ///
    /// - Parameters:
    ///   - size: how many bytes an item holds.
    ///   - work: does a batch on a connection, on its thread, and returns a value for each item. A batch that the database refuses is done item
    ///     by item: one must not keep the others out.
    package init(
        pool: PostgresPool, bounds: BatcherBounds = BatcherBounds(), size: @escaping @Sendable (Item) -> Int = { _ in 0 },
        work: @escaping @Sendable ([Item], PostgresConnection) async throws -> [Value]
    ) {
        self.pool = pool
        self.bounds = bounds
        self.size = size
        self.work = work
    }

    /// Does one item with whatever others there are. Throws `TooManyWaiting`, or what the database said.
    package func callAsFunction(_ item: Item) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            if take(item, done: { continuation.resume(with: $0) }) { begin() } else { continuation.resume(throwing: TooManyWaiting()) }
        }
    }

    /// Takes an item for the next batch; false when too much waits already, and then `done` is not called. Whoever takes calls `begin` behind the
    /// last.
    package func take(_ item: Item, done: @escaping Done) -> Bool {
        state.withLock { state in
            guard !state.isStopped, state.waiting.count < bounds.capacity, state.bytes < bounds.capacityBytes else { return false }
            state.waiting.append(Waiting(item: item, done: done))
            state.bytes += size(item)
            return true
        }
    }

    /// Begins a batch of what was taken, if one should begin now.
    package func begin() {
        state.withLock { isWorthABatch($0) ? $0.idle.popLast() : nil }?.resume()
    }

    /// Works until shut down; what waits then is done first.
    package func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withTaskGroup(of: Void.self) { lanes in
                    for _ in 0..<bounds.lanes {
                        lanes.addTask { await self.serve() }
                    }
                }
            } onGracefulShutdown: {
                self.stop()
            }
        } onCancel: {
            self.stop()
        }
    }

    private func stop() {
        let idle = state.withLock { state in
            state.isStopped = true
            defer { state.idle = [] }
            return state.idle
        }
        for lane in idle { lane.resume() }
    }
}

/// 503: too much waits for the database already, or the service is ending.
package struct TooManyWaiting: Refusal {
    /// 503.
    package var status: HTTPResponse.Status { .serviceUnavailable }
    /// The same as when the database is away.
    package var code: String { "temporarily_unavailable" }
    /// What callers read.
    package var message: String { "Please try again in a moment." }
    /// A second.
    package var retryAfter: Duration? { .seconds(1) }
}

/// How many are done at a time, and how many wait.
package struct BatcherBounds: Sendable {
    /// Batches on their way at a time: while one waits for the disk, the other's rows are sent.
    package var lanes = 2
    /// A further batch begins beside another once so many wait: fewer would rather share the next.
    package var enough = 16
    /// Items of a batch: beyond that it grows the latency of the first more than it saves.
    package var largest = 128
    /// Items that wait.
    package var capacity = 4096
    /// Bytes that wait.
    package var capacityBytes = 64 * 1024 * 1024

    /// The bounds that a service has unless it knows better.
    package init() {}
}

extension Batcher {
    private func isWorthABatch(_ state: State) -> Bool {
        !state.waiting.isEmpty && (state.busy == 0 || state.waiting.count >= bounds.enough || state.isStopped)
    }

    /// What one batch takes, for a lane that is now busy with it; empty when none should begin.
    private func take(from state: inout State) -> [Waiting] {
        guard isWorthABatch(state) else { return [] }
        let batch = Array(state.waiting.prefix(bounds.largest))
        state.waiting.removeFirst(batch.count)
        for one in batch { state.bytes -= size(one.item) }
        state.busy += 1
        return batch
    }

    /// The next batch, as soon as there is one; empty once all is done and nothing more will come.
    private func next() async -> [Waiting] {
        while true {
            let (batch, isStopped) = state.withLock { (take(from: &$0), $0.isStopped) }
            if !batch.isEmpty || isStopped { return batch }
            await withCheckedContinuation { continuation in
                let hasWork = state.withLock { state in
                    if state.isStopped || isWorthABatch(state) { return true }
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
            return take(from: &state)
        }
    }

    /// One lane, until nothing more will come. Items that find no database are refused.
    private func serve() async {
        while case var batch = await next(), !batch.isEmpty {
            while !batch.isEmpty {
                do {
                    batch = try await doAll(batch)
                } catch {
                    finish(batch, .failure(error))
                    batch = another()
                }
            }
        }
    }

    /// Does a batch and what comes meanwhile, on the thread of one connection: neither the items nor what became of them change threads on the
    /// way. Returns what that connection did not live to see.
    private func doAll(_ first: [Waiting]) async throws -> [Waiting] {
        try await pool.together { connection in
            var batch = first
            while !batch.isEmpty, connection.isQuiet {
                await perform(batch, on: connection)
                batch = another()
            }
            return batch
        }
    }

    private func perform(_ batch: [Waiting], on connection: PostgresConnection) async {
        do {
            let values = try await work(batch.map(\.item), connection)
            for (waiting, value) in zip(batch, values) { waiting.done(.success(value)) }
        } catch let error as PostgresError where !error.isRetriable && batch.count > 1 {
            for waiting in batch { await perform([waiting], on: connection) }
        } catch {
            finish(batch, .failure(error))
        }
    }

    private func finish(_ batch: [Waiting], _ result: Result<Value, any Error>) {
        for waiting in batch { waiting.done(result) }
    }
}
