import DedicatedThread
import TestKit
import Testing

@testable import Postgres

@Suite("A transaction", .database)
struct TransactionTests {
    private struct Own: Error, Equatable {
        var number = 7
    }

    /// A pool with a table of two accounts.
    private func accounts(_ configure: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresPool {
        let pool = try #require(TestDatabase.current).pool(configure: configure)
        _ = try await pool.query("CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL CHECK (balance >= 0))")
        _ = try await pool.query("INSERT INTO accounts VALUES (1, 100), (2, 100)")
        return pool
    }

    private func balances(_ pool: PostgresPool) async throws -> [Int] {
        try await pool.query("SELECT balance FROM accounts ORDER BY id").map { try $0.get("balance") }
    }

    @Test("is there as a whole for others once it is committed, and not before")
    func commits() async throws {
        let pool = try await accounts()
        let result = try await pool.withTransaction { transaction in
            _ = try await transaction.query("UPDATE accounts SET balance = balance - \(30) WHERE id = 1")
            _ = try await transaction.query("UPDATE accounts SET balance = balance + \(30) WHERE id = 2")
            #expect(try await balances(pool) == [100, 100])
            return "done"
        }
        #expect(result == "done")
        #expect(try await balances(pool) == [70, 130])
    }

    @Test("whose body throws leaves nothing, and the error is the body's own")
    func rollsBack() async throws {
        let pool = try await accounts()
        let error = await #expect(throws: Own.self) {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("DELETE FROM accounts")
                throw Own()
            }
        }
        #expect(error == Own())
        #expect(try await balances(pool) == [100, 100])
        #expect(pool.statistics.leased == 0)
    }

    @Test("that is ended before any of its statements leaves nothing, and its connection to the next, all on the one thread of the caller")
    func ended() async throws {
        let thread = ThreadExecutor(name: "caller")
        defer { thread.shutDown() }
        let left = Locked(Int.max)
        let pool = try await accounts { configuration in
            configuration.thread = thread
            configuration.beforeStatement = {
                let isEnded = left.withLock { left in
                    left -= 1
                    return left < 0
                }
                if isEnded { throw Own() }
            }
        }
        try await withTaskExecutorPreference(thread) {
            for statements in 0...3 {
                left.withLock { $0 = statements }
                let isDone: Bool
                do {
                    try await pool.withTransaction { transaction in
                        _ = try await transaction.query("UPDATE accounts SET balance = balance - \(30) WHERE id = 1")
                        _ = try await transaction.query("UPDATE accounts SET balance = balance + \(30) WHERE id = 2")
                    }
                    isDone = true
                } catch is Own {
                    isDone = false
                }
                left.withLock { $0 = .max }
                #expect(isDone == (statements == 3))
                #expect(try await balances(pool) == (isDone ? [70, 130] : [100, 100]))
                #expect(pool.statistics == PoolStatistics(idle: 1))
            }
        }
        await pool.close()
    }

    @Test("in which an error was swallowed is reported as not committed")
    func reportsAborted() async throws {
        let pool = try await accounts()
        let error = await postgresError {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("UPDATE accounts SET balance = 0 WHERE id = 1")
                _ = try? await transaction.query("UPDATE accounts SET balance = -1 WHERE id = 2")
            }
        }
        #expect(error?.code == .transactionAborted && error?.isRetriable == false)
        #expect(error?.constraint == "accounts_balance_check")
        #expect(try await balances(pool) == [100, 100])
    }

    @Test("sends what nobody waits for with the next statement, or with COMMIT, in its order")
    func sends() async throws {
        let pool = try await accounts()
        let seen = try await pool.withTransaction { transaction in
            try await transaction.send("UPDATE accounts SET balance = balance - \(30) WHERE id = 1")
            try await transaction.send("UPDATE accounts SET balance = balance * 2 WHERE id = 1")
            let seen: Int = try await transaction.query("SELECT balance FROM accounts WHERE id = 1")[0].get("balance")
            try await transaction.send("UPDATE accounts SET balance = \(seen) WHERE id = 2")
            return seen
        }
        #expect(seen == 140)
        #expect(try await balances(pool) == [140, 140])
    }

    @Test("of which something sent fails leaves nothing, whether a statement or COMMIT comes next", arguments: [true, false])
    func sendsInVain(isQueried: Bool) async throws {
        let pool = try await accounts { $0.maximumConnections = 1 }
        let error = await postgresError {
            try await pool.withTransaction { transaction in
                try await transaction.send("UPDATE accounts SET balance = 0 WHERE id = 1")
                try await transaction.send("UPDATE accounts SET balance = -1 WHERE id = 2")
                try await transaction.send("UPDATE accounts SET balance = 0 WHERE id = 2")
                if isQueried { _ = try await transaction.query("SELECT balance FROM accounts") }
            }
        }
        #expect(error?.code == .checkViolation)
        #expect(try await balances(pool) == [100, 100])
        #expect(pool.statistics == PoolStatistics(idle: 1))
    }

    @Test("asks for several things at once, each behind what was sent before it, and has the rows of each, new to the server or not")
    func severalAtOnce() async throws {
        let pool = try await accounts { $0.maximumConnections = 1 }
        for balance in [90, 80] as [Int64] {
            let found = try await pool.withTransaction { transaction in
                try await transaction.send("UPDATE accounts SET balance = \(balance) WHERE id = 1")
                return try await transaction.query([
                    "SELECT balance FROM accounts WHERE id = 1", "SELECT FROM accounts WHERE id = 3", "SELECT id FROM accounts ORDER BY id",
                ])
            }
            #expect(found.map(\.count) == [1, 0, 2])
            #expect(try found[0][0].get("balance", as: Int64.self) == balance)
            #expect(try found[2].map { try $0.get("id", as: Int64.self) } == [1, 2])
        }
        await #expect(throws: PostgresError.self) {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(["UPDATE accounts SET balance = 5 WHERE id = 2", "SELECT 1 / 0", "SELECT 1"])
            }
        }
        try await #expect(balances(pool) == [80, 100])
    }

    @Test("larger than what the sockets hold does not lock up")
    func sendsMuch() async throws {
        let pool = try await accounts()
        let text = String(repeating: "x", count: 1_000_000)
        let length = try await pool.withTransaction { transaction in
            for _ in 0..<30 { try await transaction.send("SELECT \(text), repeat('y', 1000000)") }
            return try await transaction.query("SELECT length(\(text)) AS length")[0].get("length", as: Int.self)
        }
        #expect(length == 1_000_000)
    }

    @Test("that does nothing asks the server nothing")
    func nothing() async throws {
        let asked = Counter()
        let pool = try await accounts { $0.beforeStatement = { asked.count() } }
        let before = asked.value
        try await pool.withTransaction { _ in }
        #expect(asked.value == before + 1)
        #expect(pool.statistics == PoolStatistics(idle: 1))
    }

    @Test("that fails to serialise runs again until it succeeds")
    func retriesSerialization() async throws {
        let pool = try await accounts()
        let runs = Counter()
        let readers = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await pool.withTransaction { transaction in
                        let isFirstRun = runs.count() <= 4
                        _ = try await transaction.query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                        let total: Int = try await transaction.query("SELECT SUM(balance) AS total FROM accounts")[0].get("total")
                        readers.count()
                        if isFirstRun { try await eventually("each has read") { readers.value >= 4 } }
                        _ = try await transaction.query("UPDATE accounts SET balance = \(total) WHERE id = 1")
                    }
                }
            }
            try await group.waitForAll()
        }
        // One after the other: 200, 300, 400, 500.
        #expect(try await balances(pool) == [500, 100])
        // All four had read the same total, so only one of them could keep what it made of it.
        #expect(runs.value >= 7)
    }

    @Test("chosen to end a deadlock runs again")
    func retriesDeadlock() async throws {
        let pool = try await accounts()
        let runs = Counter()
        let holders = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (first, second) in [(1, 2), (2, 1)] {
                group.addTask {
                    try await pool.withTransaction { transaction in
                        let isFirstRun = runs.count() <= 2
                        _ = try await transaction.query("UPDATE accounts SET balance = balance + 1 WHERE id = \(first)")
                        holders.count()
                        if isFirstRun { try await eventually("each holds one") { holders.value >= 2 } }
                        _ = try await transaction.query("UPDATE accounts SET balance = balance + 1 WHERE id = \(second)")
                    }
                }
            }
            try await group.waitForAll()
        }
        // One of them again; on a busy machine perhaps once more.
        #expect(runs.value >= 3)
        #expect(try await balances(pool) == [102, 102])
    }

    @Test("gives up after eight runs with the last error")
    func boundsRuns() async throws {
        let pool = try await accounts()
        let runs = Counter()
        let error = await postgresError {
            try await pool.withTransaction { transaction in
                runs.count()
                _ = try await transaction.query("DO $$ BEGIN RAISE serialization_failure; END $$")
            }
        }
        #expect(error?.code == .serializationFailure)
        #expect(runs.value == 8)
    }

    @Test("does not run again for what cannot succeed")
    func doesNotRetryForever() async throws {
        let pool = try await accounts()
        let runs = Counter()
        let error = await postgresError {
            try await pool.withTransaction { transaction in
                runs.count()
                _ = try await transaction.query("INSERT INTO accounts VALUES (1, 1)")
            }
        }
        #expect(error?.code == .uniqueViolation)
        #expect(runs.value == 1)
    }

    @Test("whose connection ends in the middle runs again on another")
    func retriesLostConnection() async throws {
        let pool = try await accounts()
        let runs = Counter()
        try await pool.withTransaction { transaction in
            let run = runs.count()
            _ = try await transaction.query("UPDATE accounts SET balance = balance + 1 WHERE id = 1")
            if run == 1 {
                let backend: Int32 = try await transaction.query("SELECT pg_backend_pid() AS pid")[0].get("pid")
                _ = try await pool.query("SELECT pg_terminate_backend(\(backend), 5000)")
            }
            _ = try await transaction.query("UPDATE accounts SET balance = balance + 1 WHERE id = 2")
        }
        #expect(runs.value == 2)
        #expect(try await balances(pool) == [101, 101])
    }

    @Test("whose connection ends before COMMIT runs again")
    func retriesLostCommit() async throws {
        let pool = try await accounts()
        let runs = Counter()
        try await pool.withTransaction { transaction in
            _ = try await transaction.query("UPDATE accounts SET balance = balance + 1 WHERE id = 1")
            guard runs.count() == 1 else { return }
            let backend: Int32 = try await transaction.query("SELECT pg_backend_pid() AS pid")[0].get("pid")
            _ = try await pool.query("SELECT pg_terminate_backend(\(backend), 5000)")
        }
        #expect(runs.value == 2)
        #expect(try await balances(pool) == [101, 100])
    }

    @Test("whose deferred constraint fails at COMMIT reports that")
    func deferredConstraint() async throws {
        let pool = try await accounts()
        _ = try await pool.query("CREATE TABLE orders (account BIGINT REFERENCES accounts DEFERRABLE INITIALLY DEFERRED)")
        let error = await postgresError {
            try await pool.withTransaction { _ = try await $0.query("INSERT INTO orders VALUES (99)") }
        }
        #expect(error?.code == .foreignKeyViolation)
        #expect(try await pool.query("SELECT FROM orders").isEmpty)
    }

    @Test("has a limit of its own for all it does")
    func timesOut() async throws {
        let pool = try await accounts()
        let clock = ContinuousClock()
        var error: PostgresError?
        let duration = await clock.measure {
            error = await postgresError {
                try await pool.withTransaction(timeout: .milliseconds(300)) { _ = try await $0.query("SELECT pg_sleep(60)") }
            }
        }
        #expect(error?.code == .statementTimeout || error?.code == .deadlineExceeded)
        #expect(duration < .seconds(3))
    }

    @Test("cannot be used after its end, nor ended from inside")
    func endsOnce() async throws {
        let pool = try await accounts { $0.maximumConnections = 1 }
        let stale = try await pool.withTransaction { $0 }
        #expect(await postgresError { _ = try await stale.query("SELECT 1") }?.code == .transactionEnded)
        try await pool.withTransaction { transaction in
            #expect(await postgresError { _ = try await stale.query("SELECT 1") }?.code == .transactionEnded)
            _ = try await transaction.query("SELECT 1")
        }
        let error = await postgresError {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("DELETE FROM accounts")
                _ = try await transaction.query("ROLLBACK")
            }
        }
        #expect(error?.code == .transactionAborted || error?.code == .transactionEnded)
    }

    @Test("of a cancelled caller is rolled back and its connection kept clean")
    func cancelled() async throws {
        let pool = try await accounts { $0.maximumConnections = 1 }
        let inside = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query("DELETE FROM accounts")
                    inside.count()
                    _ = try await transaction.query("SELECT pg_sleep(60)")
                }
            }
            try await eventually("the transaction is under way") { inside.value == 1 }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        #expect(try await balances(pool) == [100, 100])
    }
}
