import DedicatedThread

/// Decides who gets which connection. Pure: it does nothing itself, knows no clock and no lock, and is tested without a server.
///
/// A caller either takes an idle connection, or is allowed to open one, or waits in line. Once an attempt to connect has failed, only
/// one caller at a time may try, each after a pause; whoever is first in line gets that permission. So a server that is away is
/// probed once per pause, however many are waiting.
struct PoolState<Connection: Sendable, Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Grant = PoolGrant<Connection>

    /// A caller whose waiting is over.
    struct Resumption: Sendable {
        let waiter: Waiter
        let result: Result<Grant, any Error>
    }

    private struct Entry: Sendable {
        let ticket: Int
        let waiter: Waiter
        let deadline: Instant
    }

    private let maximumConnections: Int
    private let maximumWaiters: Int
    private var idle: [Connection] = []
    private var leased = 0
    private var opening = 0
    private var queue: [Entry] = []
    private var backoff: Backoff
    /// Set from the first failed attempt until one succeeds.
    private var outage: (error: PostgresError, retryAt: Instant)?
    private(set) var isClosed = false

    init(maximumConnections: Int, maximumWaiters: Int, longestBackoff: Duration) {
        self.maximumConnections = max(1, maximumConnections)
        self.maximumWaiters = maximumWaiters
        backoff = Backoff(shortest: .milliseconds(50), longest: longestBackoff)
    }

    var statistics: PoolStatistics {
        PoolStatistics(idle: idle.count, leased: leased, opening: opening, waiting: queue.count)
    }

    /// Whether nothing is in use or being opened.
    var isAtRest: Bool { leased == 0 && opening == 0 }

    /// When `tick` must be called next; nil if nobody waits.
    var nextTick: Instant? {
        guard let first = queue.first?.deadline else { return nil }
        guard let retryAt = outage?.retryAt, opening == 0, hasRoom else { return first }
        return min(first, retryAt)
    }
}

// MARK: Callers come and go

extension PoolState {
    /// What a caller can have right now; nil if it must wait. The connection used last is the first to be used again.
    mutating func take(now: Instant) throws(PostgresError) -> Grant? {
        guard !isClosed else { throw .poolClosed }
        if let connection = idle.popLast() {
            leased += 1
            return .use(connection)
        }
        guard mayOpen(now: now) else { return nil }
        opening += 1
        return .open
    }

    /// Puts a caller in line, in order of deadline: one that comes back after a failed attempt regains its place.
    mutating func enqueue(_ waiter: Waiter, ticket: Int, deadline: Instant) throws(PostgresError) {
        guard queue.count < maximumWaiters else { throw .tooBusy("\(queue.count) callers already wait for a connection") }
        let entry = Entry(ticket: ticket, waiter: waiter, deadline: deadline)
        let place = queue.lastIndex { $0.deadline <= deadline }.map { $0 + 1 } ?? 0
        queue.insert(entry, at: place)
    }

    /// Takes a caller out of the line; nil if its waiting is already over.
    mutating func cancel(ticket: Int) -> Waiter? {
        guard let place = queue.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return queue.remove(at: place).waiter
    }

    /// Ends the waiting of all whose deadline has passed, and lets the first in line try again when the pause is over.
    mutating func tick(now: Instant) -> [Resumption] {
        var resumptions: [Resumption] = []
        while let first = queue.first, first.deadline <= now {
            queue.removeFirst()
            resumptions.append(Resumption(waiter: first.waiter, result: .failure(timeoutError)))
        }
        return resumptions + grantOpenings(now: now)
    }
}

// MARK: Connections come and go

extension PoolState {
    /// Takes back a connection that is fit for the next caller; nil if the pool is closed, and the connection must be closed too.
    mutating func release(_ connection: Connection) -> [Resumption]? {
        guard !isClosed else { return nil }
        guard queue.isEmpty else {
            return [Resumption(waiter: queue.removeFirst().waiter, result: .success(.use(connection)))]
        }
        idle.append(connection)
        leased -= 1
        return []
    }

    /// Forgets a leased connection that was closed.
    mutating func discard(now: Instant) -> [Resumption] {
        leased -= 1
        return grantOpenings(now: now)
    }

    /// Counts a new connection, which belongs to the caller that opened it.
    mutating func opened(now: Instant) -> [Resumption] {
        opening -= 1
        leased += 1
        outage = nil
        backoff.reset()
        return grantOpenings(now: now)
    }

    /// Notes that the server cannot be reached, and pauses.
    mutating func openFailed(_ error: PostgresError, now: Instant) {
        opening -= 1
        outage = (error, now + backoff.next())
    }

    /// Notes that a caller gave up opening for a reason of its own.
    mutating func openAbandoned(now: Instant) -> [Resumption] {
        opening -= 1
        return grantOpenings(now: now)
    }

    /// Refuses everyone from now on; returns those who waited, and the idle connections to be closed.
    mutating func close() -> ([Resumption], [Connection]) {
        isClosed = true
        defer {
            queue = []
            idle = []
        }
        return (queue.map { Resumption(waiter: $0.waiter, result: .failure(PostgresError.poolClosed)) }, idle)
    }
}

// MARK: Rules

extension PoolState {
    private var hasRoom: Bool { idle.count + leased + opening < maximumConnections }

    private func mayOpen(now: Instant) -> Bool {
        guard hasRoom else { return false }
        guard let outage else { return true }
        return opening == 0 && now >= outage.retryAt
    }

    private mutating func grantOpenings(now: Instant) -> [Resumption] {
        var resumptions: [Resumption] = []
        while !queue.isEmpty, mayOpen(now: now) {
            opening += 1
            resumptions.append(Resumption(waiter: queue.removeFirst().waiter, result: .success(.open)))
        }
        return resumptions
    }

    private var timeoutError: PostgresError {
        if let outage, leased == 0 { return outage.error }
        return .tooBusy("all \(maximumConnections) connections were in use for too long")
    }
}

extension PostgresError {
    static var poolClosed: PostgresError { PostgresError(.poolClosed, note: "the pool is closed") }

    static func tooBusy(_ note: String) -> PostgresError { PostgresError(.tooBusy, note: note) }
}
