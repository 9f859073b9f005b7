import DedicatedThread
import Testing

@testable import Postgres

@Suite("Who gets which connection")
struct PoolStateTests {
    private typealias State = PoolState<Int, String>
    private let start = ContinuousClock.now
    private let away = PostgresError(.unreachable, note: "away")

    private func pool(connections: Int = 1, waiters: Int = 8) -> State {
        State(maximumConnections: connections, maximumWaiters: waiters, longestBackoff: .seconds(1))
    }

    /// A pool of one connection, number 1, in use.
    private func busyPool(waiters: Int = 8) throws -> State {
        var pool = pool(waiters: waiters)
        _ = try pool.take(now: start)
        _ = pool.opened(now: start)
        return pool
    }

    private func isOpen(_ grant: PoolGrant<Int>?) -> Bool {
        if case .open = grant { true } else { false }
    }

    private func used(_ grant: PoolGrant<Int>?) -> Int? {
        if case .use(let connection) = grant { connection } else { nil }
    }

    private func code(_ resumption: State.Resumption?) -> PostgresError.Code? {
        if case .failure(let error as PostgresError) = resumption?.result { error.code } else { nil }
    }

    @Test("callers may open connections up to the limit, then they wait")
    func opensUpToLimit() throws {
        var pool = pool(connections: 2)
        #expect(isOpen(try pool.take(now: start)))
        #expect(isOpen(try pool.take(now: start)))
        #expect(try pool.take(now: start) == nil)
        #expect(pool.statistics == PoolStatistics(opening: 2))
    }

    @Test("a connection given back goes to the first in line, else it is kept")
    func handsOver() throws {
        var pool = try busyPool()
        try pool.enqueue("a", ticket: 1, deadline: start + .seconds(3))
        try pool.enqueue("b", ticket: 2, deadline: start + .seconds(3))
        let handed = pool.release(1)
        #expect(handed?.map(\.waiter) == ["a"])
        #expect(used(try handed?.first?.result.get()) == 1)
        #expect(pool.release(1)?.map(\.waiter) == ["b"])
        #expect(pool.release(1)?.isEmpty == true)
        #expect(pool.statistics == PoolStatistics(idle: 1))
        #expect(used(try pool.take(now: start)) == 1)
    }

    @Test("a full line refuses at once")
    func boundsTheLine() throws {
        var pool = try busyPool(waiters: 1)
        try pool.enqueue("a", ticket: 1, deadline: start + .seconds(3))
        let error = #expect(throws: PostgresError.self) { try pool.enqueue("b", ticket: 2, deadline: start + .seconds(3)) }
        #expect(error?.code == .tooBusy)
    }

    @Test("a caller whose time is up fails as too busy, those behind it stay")
    func timesOut() throws {
        var pool = try busyPool()
        try pool.enqueue("late", ticket: 1, deadline: start + .seconds(9))
        try pool.enqueue("early", ticket: 2, deadline: start + .seconds(3))
        #expect(pool.nextTick == start + .seconds(3))
        #expect(pool.tick(now: start + .seconds(2)).isEmpty)
        let resumptions = pool.tick(now: start + .seconds(3))
        #expect(resumptions.map(\.waiter) == ["early"])
        #expect(code(resumptions.first) == .tooBusy)
        #expect(pool.statistics.waiting == 1)
    }

    @Test("a cancelled caller leaves the line once")
    func cancels() throws {
        var pool = try busyPool()
        try pool.enqueue("a", ticket: 1, deadline: start + .seconds(3))
        #expect(pool.cancel(ticket: 1) == "a")
        #expect(pool.cancel(ticket: 1) == nil)
        #expect(pool.release(1)?.isEmpty == true)
    }

    @Test("a connection that was closed makes room for the first in line to open another")
    func replaces() throws {
        var pool = try busyPool()
        try pool.enqueue("a", ticket: 1, deadline: start + .seconds(3))
        let resumptions = pool.discard(now: start)
        #expect(resumptions.map(\.waiter) == ["a"])
        #expect(isOpen(try resumptions.first?.result.get()))
        #expect(pool.statistics == PoolStatistics(opening: 1))
    }

    @Test("while the server is away one caller at a time tries, each after a pause")
    func probesAlone() throws {
        var pool = pool(connections: 4)
        _ = try pool.take(now: start)
        pool.openFailed(away, now: start)
        #expect(try pool.take(now: start) == nil)
        for ticket in 1...3 { try pool.enqueue("w\(ticket)", ticket: ticket, deadline: start + .seconds(3)) }
        let retryAt = try #require(pool.nextTick)
        #expect(retryAt > start && retryAt <= start + .milliseconds(50))
        #expect(pool.tick(now: retryAt).map(\.waiter) == ["w1"])
        #expect(pool.tick(now: start + .seconds(1)).isEmpty)
        #expect(pool.opened(now: start + .seconds(1)).map(\.waiter) == ["w2", "w3"])
    }

    @Test("a caller whose time is up while the server is away learns that")
    func reportsOutage() throws {
        var pool = pool()
        _ = try pool.take(now: start)
        pool.openFailed(away, now: start)
        try pool.enqueue("a", ticket: 1, deadline: start)
        #expect(code(pool.tick(now: start).first) == .unreachable)
    }

    @Test("an attempt given up lets the next in line try")
    func abandons() throws {
        var pool = pool()
        _ = try pool.take(now: start)
        try pool.enqueue("a", ticket: 1, deadline: start + .seconds(3))
        #expect(pool.openAbandoned(now: start).map(\.waiter) == ["a"])
    }

    @Test("a closed pool refuses everyone and keeps nothing")
    func closes() throws {
        var pool = pool(connections: 2)
        for _ in 1...2 {
            _ = try pool.take(now: start)
            _ = pool.opened(now: start)
        }
        _ = pool.release(1)
        _ = try pool.take(now: start)
        try pool.enqueue("a", ticket: 1, deadline: start + .seconds(3))
        let (refused, idle) = pool.close()
        #expect(refused.map(code) == [.poolClosed] && idle.isEmpty)
        #expect(!pool.isAtRest)
        #expect(pool.release(1) == nil && pool.release(2) == nil)
        _ = pool.discard(now: start)
        _ = pool.discard(now: start)
        #expect(pool.isAtRest)
        #expect(throws: PostgresError.self) { _ = try pool.take(now: start) }
    }

    @Test("pauses grow from the shortest to the longest, shortened by at most half")
    func backsOff() {
        var backoff = Backoff(shortest: .milliseconds(50), longest: .milliseconds(300))
        let pauses = (0..<6).map { _ in backoff.next() }
        let steps = [50, 100, 200, 300, 300, 300].map(Duration.milliseconds)
        for (pause, step) in zip(pauses, steps) { #expect(pause >= step / 2 && pause <= step) }
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(50))
    }
}
