import Logging
import TestKit
import Testing

@testable import Postgres

@Suite("A server that goes away", .serialized)
struct ServerLossTests {
    private func pool(_ configure: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresPool {
        var configuration = try PostgresConfiguration(url: #require(PrivatePostgres.current).url, applicationName: "test")
        configure(&configuration)
        return PostgresPool(configuration: configuration, logger: Logger(label: "test"))
    }

    @Test("and comes back costs the next callers no error", .privatePostgres)
    func restart() async throws {
        let server = try #require(PrivatePostgres.current)
        let pool = try pool()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let open = Counter()
            for _ in 0..<6 {
                group.addTask {
                    try await pool.withConnection { _ in
                        open.count()
                        try await eventually("all six are open") { open.value == 6 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(pool.statistics.idle == 6)
        try await server.restart()
        for _ in 0..<6 { #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1) }
        await pool.close()
    }

    @Test("crashes in a transaction and recovers: the transaction runs again and is done once", .privatePostgres)
    func crashInTransaction() async throws {
        let server = try #require(PrivatePostgres.current)
        let pool = try pool {
            $0.acquireTimeout = .seconds(20)
            $0.transactionTimeout = .seconds(60)
        }
        _ = try await pool.query("CREATE TABLE payments (id BIGINT PRIMARY KEY)")
        let runs = Counter()
        try await pool.withTransaction { transaction in
            _ = try await transaction.query("INSERT INTO payments VALUES (1) ON CONFLICT DO NOTHING")
            guard runs.count() == 1 else { return }
            try await server.crash()
            try await server.start()
        }
        #expect(runs.value == 2)
        #expect(try await pool.query("SELECT FROM payments").count == 1)
        await pool.close()
    }

    @Test("and stays away fails each caller by its own deadline, and serves those still waiting when it is back", .privatePostgres)
    func outage() async throws {
        let server = try #require(PrivatePostgres.current)
        let pool = try pool { $0.acquireTimeout = .milliseconds(500) }
        let patient = try self.pool { $0.acquireTimeout = .seconds(30) }
        try await server.stop()
        let clock = ContinuousClock()
        var error: PostgresError?
        let wait = await clock.measure { error = await postgresError { _ = try await pool.query("SELECT 1") } }
        #expect(error?.code == .unreachable && error?.isRetriable == true)
        #expect(wait >= .milliseconds(400) && wait < .seconds(8))
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 { group.addTask { try await patient.query("SELECT \(number) AS n")[0].get("n") } }
            try await eventually("they wait") { patient.statistics.waiting >= 19 }
            try await server.start()
            #expect(try await group.reduce(0, +) == 190)
        }
        await pool.close()
        await patient.close()
    }

    @Test("freezes holds nobody past the deadline, and the pool is whole when it thaws", .privatePostgres)
    func freeze() async throws {
        let server = try #require(PrivatePostgres.current)
        let pool = try pool {
            $0.queryTimeout = .milliseconds(300)
            $0.acquireTimeout = .milliseconds(500)
            $0.maximumConnections = 2
        }
        _ = try await pool.query("SELECT 1")
        try server.freeze()
        let clock = ContinuousClock()
        let wait = await clock.measure {
            await withTaskGroup(of: PostgresError.Code?.self) { group in
                for _ in 0..<8 { group.addTask { await postgresError { _ = try await pool.query("SELECT 1") }?.code } }
                let allowed: Set<PostgresError.Code?> = [.deadlineExceeded, .unreachable, .tooBusy]
                for await code in group { #expect(allowed.contains(code), "\(String(describing: code))") }
            }
        }
        // At most one wait for a connection and one for an answer (300 ms and the second beyond that): 1.8 s, on a quiet machine.
        #expect(wait < .seconds(8))
        #expect(pool.statistics == PoolStatistics())
        try server.thaw()
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
        await pool.close()
    }

    @Test("frozen while a new connection logs in is given up in time, and a cancelled caller does not wait for it", .privatePostgres)
    func freezeDuringConnect() async throws {
        let server = try #require(PrivatePostgres.current)
        let pool = try pool { $0.acquireTimeout = .seconds(20) }
        try server.freeze()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await pool.query("SELECT 1") }
            try await eventually("it connects") { pool.statistics.opening == 1 }
            let clock = ContinuousClock()
            let wait = await clock.measure {
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            #expect(wait < .seconds(8))
        }
        #expect(pool.statistics == PoolStatistics())
        try server.thaw()
        await pool.close()
    }

    @Test("refuses a login says so at once, without trying again", .privatePostgres)
    func refusal() async throws {
        let url = try #require(PrivatePostgres.current).url.replacing("postgres@", with: "nobody@")
        let pool = try PostgresPool(
            configuration: PostgresConfiguration(url: url, applicationName: "test"), logger: Logger(label: "test"))
        let error = await postgresError { _ = try await pool.query("SELECT 1") }
        #expect(error?.code == .authenticationFailed && error?.isRetriable == false)
        await pool.close()
    }

    @Test("has no connection left is not mistaken for one that is away", .privatePostgres)
    func tooManyConnections() async throws {
        let pool = try pool {
            $0.maximumConnections = 40
            $0.acquireTimeout = .seconds(1)
        }
        let codes = await withTaskGroup(of: PostgresError.Code?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do {
                        _ = try await pool.query("SELECT pg_sleep(2)")
                        return nil
                    } catch { return (error as? PostgresError)?.code }
                }
            }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(codes.isSubset(of: [nil, .resourcesExhausted, .tooBusy]) && codes.count > 1)
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
        await pool.close()
    }
}
