import DedicatedThread
import Dispatch
import Synchronization

/// Makes `PoolState` happen: one lock around it, continuations for those who wait, one timer for the next deadline.
final class PoolQueue: Sendable {
    typealias Grant = PoolGrant<PostgresConnection>
    typealias Waiter = CheckedContinuation<Grant, any Error>
    typealias State = PoolState<PostgresConnection, Waiter>

    private struct Guarded: Sendable {
        var pool: State
        var timerAt: ContinuousClock.Instant?
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let guarded: Locked<Guarded>
    private let lastTicket = Atomic(0)

    init(_ configuration: PostgresConfiguration) {
        let pool = State(
            maximumConnections: configuration.maximumConnections, maximumWaiters: configuration.maximumWaiters,
            longestBackoff: configuration.longestBackoff)
        guarded = Locked(Guarded(pool: pool))
    }

    var statistics: PoolStatistics { guarded.withLock { $0.pool.statistics } }

    /// What the caller may do now, or when its turn comes. Throws `tooBusy` or `unreachable` at the deadline, `poolClosed`, and
    /// `CancellationError`.
    func next(until deadline: Deadline) async throws -> Grant {
        try Task.checkCancellation()
        if let grant = try guarded.withLock({ try $0.pool.take(now: .now) }) { return grant }
        let ticket = lastTicket.add(1, ordering: .relaxed).newValue
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enqueue($0, ticket: ticket, deadline: deadline) }
        } onCancel: {
            guarded.withLock { $0.pool.cancel(ticket: ticket) }?.resume(throwing: CancellationError())
        }
    }

    /// Takes back a connection; false if it must be closed and reported as discarded.
    func release(_ connection: PostgresConnection) -> Bool {
        var isTaken = true
        update { pool in
            let resumptions = pool.release(connection)
            isTaken = resumptions != nil
            return resumptions ?? []
        }
        return isTaken
    }

    /// Refuses everyone from now on; returns the idle connections, which are to be closed.
    func close() -> [PostgresConnection] {
        var idle: [PostgresConnection] = []
        update { pool in
            let (resumptions, connections) = pool.close()
            idle = connections
            return resumptions
        }
        return idle
    }

    /// Returns when a closed pool has nothing leased and opens nothing any more.
    func untilAtRest() async {
        await withCheckedContinuation { closer in
            guarded.withLock { $0.closers.append(closer) }
            update { _ in [] }
        }
    }

    /// Changes the state, then does what follows from it: resumes callers outside the lock, and sets the timer.
    func update(_ change: (inout State) -> [State.Resumption]) {
        let (resumptions, closers, timerAt) = guarded.withLock { guarded in
            let resumptions = change(&guarded.pool)
            return (resumptions, Self.finishedClosers(&guarded), Self.earlierTimer(&guarded))
        }
        for resumption in resumptions { resumption.waiter.resume(with: resumption.result) }
        for closer in closers { closer.resume() }
        if let timerAt { startTimer(at: timerAt) }
    }
}

extension PoolQueue {
    /// Looks once more under the lock: meanwhile a connection may have come back, or the caller may have been cancelled before its
    /// ticket could be found in line.
    private func enqueue(_ waiter: Waiter, ticket: Int, deadline: Deadline) {
        update { pool in
            do {
                try Task.checkCancellation()
                if let grant = try pool.take(now: .now) { return [.init(waiter: waiter, result: .success(grant))] }
                try pool.enqueue(waiter, ticket: ticket, deadline: deadline.instant)
                return []
            } catch {
                return [.init(waiter: waiter, result: .failure(error))]
            }
        }
    }

    private static func finishedClosers(_ guarded: inout Guarded) -> [CheckedContinuation<Void, Never>] {
        guard guarded.pool.isClosed, guarded.pool.isAtRest else { return [] }
        defer { guarded.closers = [] }
        return guarded.closers
    }

    /// When to set a timer; nil if one is set that fires early enough.
    private static func earlierTimer(_ guarded: inout Guarded) -> ContinuousClock.Instant? {
        guard let next = guarded.pool.nextTick, guarded.timerAt.map({ next < $0 }) ?? true else { return nil }
        guarded.timerAt = next
        return next
    }

    /// Dispatch, because a pool without callers has no task that could wait. Few timers fire: the first in line sets one, those
    /// behind it have later deadlines.
    private func startTimer(at instant: ContinuousClock.Instant) {
        let pause = Deadline(instant: instant).pollTimeout
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(pause))) { [weak self] in
            guard let self else { return }
            guarded.withLock { $0.timerAt = nil }
            update { $0.tick(now: .now) }
        }
    }
}
