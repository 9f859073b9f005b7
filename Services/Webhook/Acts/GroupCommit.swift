import Messaging
import Postgres
import ServiceLifecycle
import Synchronization

/// Stores events, many in one commit: while a commit is on its way, whatever arrives is gathered for the next.
///
/// `store` returns only after the commit that has the event in it, so a 200 means that it is on disk.
final class GroupCommit: Service, Sendable {
    /// Too many events wait for the database already.
    struct Full: Error {}

    private struct Waiting: Sendable {
        let event: ReceivedEvent
        let done: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isStopped = false
    }

    private let pool: PostgresPool
    private let table: StripeWebhooks
    private let arrived = WakeSignal()
    private let committed: @Sendable () -> Void
    private let state = Mutex(State())

    /// At most this many events share a statement: beyond that it grows the latency of the first more than it saves.
    private static let largest = 128
    /// At most this many wait; Stripe comes again after a 503. With bodies of 8 KiB on average that is 16 MiB.
    private static let capacity = 2048

    /// `committed` is called after each commit, to wake the relay.
    init(pool: PostgresPool, table: StripeWebhooks, committed: @escaping @Sendable () -> Void) {
        self.pool = pool
        self.table = table
        self.committed = committed
    }

    /// Returns when the event is committed (also when it had been before). Throws `Full`, or what the database said.
    func store(_ event: ReceivedEvent) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let refused = state.withLock { state -> Bool in
                if state.isStopped || state.waiting.count >= Self.capacity { return true }
                state.waiting.append(Waiting(event: event, done: continuation))
                return false
            }
            if refused { continuation.resume(throwing: Full()) } else { arrived.raise() }
        }
    }

    private func take() -> [Waiting] {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.largest))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func commit(_ batch: [Waiting]) async {
        do {
            try await table.insert(batch.map(\.event), in: pool)
            committed()
            for waiting in batch { waiting.done.resume() }
        } catch let error as PostgresError where !error.isRetriable && batch.count > 1 {
            // One row that the database will never take must not keep the others out.
            for waiting in batch { await commit([waiting]) }
        } catch {
            for waiting in batch { waiting.done.resume(throwing: error) }
        }
    }

    /// Commits until shut down; what waits then is committed first.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let batch = self.take()
                if batch.isEmpty {
                    await self.arrived.wait(for: .seconds(60))
                } else {
                    await self.commit(batch)
                }
            }
        }
        state.withLock { $0.isStopped = true }
        while case let rest = take(), !rest.isEmpty { await commit(rest) }
    }
}
