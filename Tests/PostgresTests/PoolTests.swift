import Foundation
import TestKit
import Testing

@testable import Postgres

@Suite("A pool", .database)
struct PoolTests {
    private func pool(_ configure: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresPool {
        try #require(TestDatabase.current).pool(configure: configure)
    }

    /// Starts a statement that never ends by itself; returns once it runs.
    private func start(_ sql: Query, on pool: PostgresPool, in group: inout ThrowingTaskGroup<Void, any Error>) async throws {
        let isRunning: Query = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query = \(sql.sql)"
        group.addTask { _ = try await pool.query(sql) }
        let database = try #require(TestDatabase.current)
        try await eventually("\(sql.sql) runs") {
            try await !database.superuser.query("\(query: isRunning) AND datname = current_database()").isEmpty
        }
    }

    private static let endless: Query = "SELECT pg_sleep(60)"

    @Test("serves two hundred callers with four connections")
    func manyCallers() async throws {
        let pool = try pool { $0.maximumConnections = 4 }
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                group.addTask { try await pool.query("SELECT \(number) AS n, pg_sleep(0.002)")[0].get("n") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.sorted() == Array(0..<200))
        #expect(pool.statistics == PoolStatistics(idle: 4))
    }

    @Test("waits for the server on threads of its own, so more statements run than the machine has processors")
    func ownThreads() async throws {
        let count = ProcessInfo.processInfo.activeProcessorCount + 2
        let pool = try pool { $0.maximumConnections = count }
        let superuser = try #require(TestDatabase.current).superuser
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { _ = try await pool.query(Self.endless) } }
            try await eventually("all \(count) run at the same time", within: .seconds(10)) {
                let running: Query = "state = 'active' AND query = \(Self.endless.sql) AND datname = current_database()"
                return try await superuser.query("SELECT FROM pg_stat_activity WHERE \(query: running)").count == count
            }
            group.cancelAll()
        }
        #expect(pool.statistics == PoolStatistics())
    }

    @Test("refuses at once when too many wait, and later when the wait is too long")
    func tooBusy() async throws {
        let pool = try pool {
            $0.maximumConnections = 1
            $0.maximumWaiters = 1
            $0.acquireTimeout = .seconds(2)
        }
        try await pool.withConnection { _ in
            let clock = ContinuousClock()
            async let waiting = postgresError { _ = try await pool.query("SELECT 1") }
            try await eventually("one waits") { pool.statistics.waiting == 1 }
            var refused: PostgresError?
            let refusal = await clock.measure { refused = await postgresError { _ = try await pool.query("SELECT 1") } }
            #expect(refused?.code == .tooBusy && refusal < .seconds(1))
            #expect(await waiting?.code == .tooBusy)
        }
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
        #expect(pool.statistics == PoolStatistics(idle: 1))
    }

    @Test("has the server stop a statement that takes too long, and keeps the connection")
    func statementTimeout() async throws {
        let pool = try pool { $0.queryTimeout = .milliseconds(100) }
        let error = await postgresError { _ = try await pool.query(Self.endless) }
        #expect(error?.code == .statementTimeout && error?.isRetriable == true)
        #expect(pool.statistics == PoolStatistics(idle: 1))
    }

    @Test("gives up by itself on a server that does not answer in time, and closes the connection")
    func clientDeadline() async throws {
        let pool = try pool { $0.queryTimeout = .milliseconds(200) }
        try await pool.withConnection { connection in
            _ = try await connection.query("SET statement_timeout = 0")
            let clock = ContinuousClock()
            var error: PostgresError?
            let wait = await clock.measure { error = await postgresError { _ = try await connection.query(Self.endless) } }
            #expect(error?.code == .deadlineExceeded)
            #expect(wait >= .milliseconds(1200) && wait < .seconds(5))
            #expect(await postgresError { _ = try await connection.query("SELECT 1") }?.code == .connectionLost)
        }
        #expect(pool.statistics == PoolStatistics())
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
    }

    @Test("does not show its callers that an idle connection was ended")
    func endedWhileIdle() async throws {
        let pool = try pool { $0.maximumConnections = 2 }
        let killer = try #require(TestDatabase.current).superuser
        for _ in 0..<20 {
            let backend: Int = try await pool.query("SELECT pg_backend_pid() AS pid")[0].get("pid")
            _ = try await killer.query("SELECT pg_terminate_backend(\(Int32(backend)), 5000)")
            #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
        }
        #expect(pool.statistics == PoolStatistics(idle: 1))
    }

    @Test("reports a connection that ended during a statement as lost, and goes on")
    func endedWhileRunning() async throws {
        let pool = try pool()
        let killer = try #require(TestDatabase.current).superuser
        try await withThrowingTaskGroup(of: Void.self) { group in
            try await start(Self.endless, on: pool, in: &group)
            _ = try await killer.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = \(Self.endless.sql) AND datname = current_database()")
            let error = await postgresError { try await group.next() }
            #expect(error?.code == .connectionLost && error?.sqlState == "57P01" && error?.isRetriable == true)
        }
        #expect(pool.statistics == PoolStatistics())
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
    }

    @Test("lets a cancelled caller go at once: one that waits leaves the line, one that runs closes its connection")
    func cancellation() async throws {
        let pool = try pool { $0.maximumConnections = 1 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            try await start(Self.endless, on: pool, in: &group)
            for _ in 0..<5 { group.addTask { _ = try await pool.query("SELECT 1") } }
            try await eventually("five wait") { pool.statistics.waiting == 5 }
            group.cancelAll()
            for _ in 0..<6 { await #expect(throws: CancellationError.self) { try await group.next() } }
        }
        #expect(pool.statistics == PoolStatistics())
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
    }

    @Test("stays whole when callers are cancelled at any moment")
    func cancellationStorm() async throws {
        let pool = try pool { $0.maximumConnections = 3 }
        for round in 0..<40 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        _ = try? await pool.withTransaction { _ = try await $0.query("SELECT pg_sleep(0.001)") }
                    }
                }
                for _ in 0..<(round * 5) { await Task.yield() }
                if round % 2 == 1 { await group.next() }
                group.cancelAll()
            }
            #expect(pool.statistics.leased == 0 && pool.statistics.waiting == 0 && pool.statistics.opening == 0)
        }
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
    }

    @Test("keeps the connection of a caller that was cancelled before its statement was sent")
    func cancelledBefore() async throws {
        let pool = try pool()
        try await pool.withConnection { connection in
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask { await #expect(throws: CancellationError.self) { try await connection.query(Self.endless) } }
            }
            let rows = try await connection.query("SELECT 1 AS x")
            #expect(try rows[0].get("x") == 1)
        }
    }

    @Test("never passes on a connection that was left inside a transaction")
    func dirtyConnection() async throws {
        let pool = try pool { $0.maximumConnections = 1 }
        try await pool.withConnection { _ = try await $0.query("BEGIN") }
        #expect(pool.statistics == PoolStatistics())
        struct Own: Error {}
        await #expect(throws: Own.self) {
            try await pool.withConnection { connection in
                _ = try await connection.query("BEGIN")
                throw Own()
            }
        }
        #expect(pool.statistics == PoolStatistics())
    }

    @Test("runs statements of several tasks on one connection one after the other")
    func sharedConnection() async throws {
        let answers = try await pool().withConnection { connection in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<50 { group.addTask { try await connection.query("SELECT \(number) AS n")[0].get("n") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(answers.sorted() == Array(0..<50))
    }

    @Test("closed, waits for those who still work and refuses the rest")
    func closes() async throws {
        let pool = try pool { $0.maximumConnections = 1 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let superuser = try #require(TestDatabase.current).superuser
            let (held, released) = (Counter(), Counter())
            group.addTask {
                try await superuser.withTransaction { transaction in
                    try await transaction.query("SELECT pg_advisory_xact_lock(1)")
                    held.count()
                    try await eventually("it may go on") { released.value > 0 }
                }
            }
            try await eventually("the lock is held") { held.value > 0 }
            try await start("SELECT pg_advisory_xact_lock(1)", on: pool, in: &group)
            async let waiting = postgresError { _ = try await pool.query("SELECT 1") }
            try await eventually("one waits") { pool.statistics.waiting == 1 }
            async let closed: Void = pool.close()
            #expect(await waiting?.code == .poolClosed)
            #expect(pool.statistics.leased == 1, "who works is waited for")
            released.count()
            await closed
            #expect(pool.statistics == PoolStatistics())
            try await group.waitForAll()
        }
        await pool.close()
        #expect(await postgresError { _ = try await pool.query("SELECT 1") }?.code == .poolClosed)
    }
}
