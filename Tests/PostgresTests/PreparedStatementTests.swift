import TestKit
import Testing

@testable import Postgres

@Suite("A prepared statement", .database)
struct PreparedStatementTests {
    private func answer(_ pool: PostgresPool, _ number: Int) async throws -> [Int] {
        let query: Query = "SELECT * FROM numbers WHERE n >= \(number) ORDER BY n"
        return try await pool.query(query).map { try $0.get("n") }
    }

    @Test("is prepared once, and again when the table has changed")
    func preparesAgain() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        _ = try await pool.query("CREATE TABLE numbers AS SELECT n FROM generate_series(1, 3) AS n")
        for _ in 0..<3 { #expect(try await answer(pool, 2) == [2, 3]) }
        let prepared: Query = "SELECT FROM pg_prepared_statements WHERE statement LIKE '%numbers WHERE%'"
        #expect(try await pool.query(prepared.unprepared()).count == 1)
        _ = try await pool.query("ALTER TABLE numbers ADD COLUMN note TEXT")
        #expect(try await answer(pool, 3) == [3])
        _ = try await pool.query("DEALLOCATE ALL")
        #expect(try await answer(pool, 1) == [1, 2, 3])
    }

    @Test("with parameters of other types is another one")
    func tellsTypesApart() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        let integer: Query = "SELECT \(1) AS x"
        let double: Query = "SELECT \(0.5) AS x"
        #expect(try await pool.query(integer)[0].get("x") == 1)
        #expect(try await pool.query(double)[0].get("x") == 0.5)
    }

    @Test("beyond so many makes room for itself, where another was not used for longest")
    func tooMany() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        for number in 0..<300 {
            #expect(try await pool.query("SELECT \(unsafe: String(number)) AS x")[0].get("x") == number)
            #expect(try await pool.query("SELECT 'often' AS x")[0].get("x") == "often")
        }
        let count: Query = "SELECT count(*) AS all, count(*) FILTER (WHERE statement LIKE '%often%') AS often FROM pg_prepared_statements"
        let row = try await pool.query(count.unprepared())[0]
        #expect(try row.get("all") == 256)
        #expect(try row.get("often") == 1)
    }

    @Test("is none where the query says so")
    func unprepared() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        let once: Query = "SELECT \(7) AS x"
        #expect(try await pool.query(once.unprepared())[0].get("x") == 7)
        let count: Query = "SELECT FROM pg_prepared_statements"
        #expect(try await pool.query(count.unprepared()).isEmpty)
    }

    @Test("that fails when it is prepared is not taken for one")
    func failed() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        for _ in 0..<2 {
            #expect(await postgresError { try await pool.query("SELECT * FROM nowhere") }?.code == .rejected)
        }
        _ = try await pool.query("CREATE TABLE nowhere AS SELECT 1 AS x")
        #expect(try await pool.query("SELECT * FROM nowhere")[0].get("x") == 1)
    }

    @Test("that no longer fits has the transaction run again")
    func inTransaction() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        _ = try await pool.query("CREATE TABLE numbers AS SELECT n FROM generate_series(1, 3) AS n")
        _ = try await answer(pool, 1)
        _ = try await pool.query("ALTER TABLE numbers ADD COLUMN note TEXT")
        let runs = Counter()
        let found = try await pool.withTransaction { transaction in
            runs.count()
            try await transaction.send("INSERT INTO numbers VALUES (4)")
            return try await transaction.query("SELECT * FROM numbers WHERE n >= \(1) ORDER BY n").count
        }
        #expect(found == 4)
        #expect(runs.value == 2)
    }

    /// PostgreSQL's documentation, "PREPARE", Notes: by default a statement with parameters is planned anew at least five times.
    @Test("has one plan for any values, and one that was made while its table was empty finds rows by the index")
    func onePlan() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        try await pool.query("CREATE TABLE queue (id bigint PRIMARY KEY)")
        func claim(_ ids: [Int64]) async throws -> Int {
            try await pool.query("SELECT id FROM queue WHERE id = ANY(\(ids)) ORDER BY id LIMIT 100").count
        }
        try await #expect(claim([1]) == 0)
        try await pool.query("INSERT INTO queue SELECT generate_series(1, 20000)")
        for id in 1...9 as ClosedRange<Int64> { try await #expect(claim([id, id + 10, 30_000]) == 2) }
        let plans = try await pool.query(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%FROM queue WHERE%'")[0]
        #expect(try plans.get("generic_plans", as: Int64.self) == 10 && plans.get("custom_plans", as: Int64.self) == 0)
        try await pool.query("SELECT pg_stat_force_next_flush()")
        let scans = try await pool.query("SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'queue'")[0]
        #expect(try scans.get("idx_scan", as: Int64.self) >= 10)
    }

    @Test("looks each row of a list up where it was planned while the tables were empty, unless it says that it reads whole tables")
    func looksUp() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        try await pool.query("CREATE TABLE waiting (id bigint PRIMARY KEY)")
        try await pool.query("CREATE TABLE events (id bigint PRIMARY KEY, body text)")
        func claim() async throws -> Int {
            let query: Query = """
                SELECT id, body FROM (SELECT id FROM waiting WHERE id >= \(Int64(0)) ORDER BY id LIMIT \(Int64(100))) AS pending
                JOIN events USING (id) ORDER BY id
                """
            return try await pool.query(query).count
        }
        try await #expect(claim() == 0)
        try await pool.query("INSERT INTO events SELECT id, '' FROM generate_series(1, 20000) AS id")
        try await pool.query("INSERT INTO waiting VALUES (19999), (20000)")
        try await #expect(claim() == 2)
        try await pool.query("SELECT pg_stat_force_next_flush()")
        let read = try await pool.query("SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'events'")[0]
        try #expect(read.get("idx_tup_fetch", as: Int64.self) == 2)

        let methods = try await pool.withTransaction { transaction in
            try await transaction.readWholeTables()
            return try await transaction.query("EXPLAIN SELECT FROM events AS one JOIN events AS other USING (body)")
                .map { try $0.get("QUERY PLAN", as: String.self) }.joined()
        }
        #expect(methods.contains("Seq Scan") && !methods.contains("Nested Loop"))
    }
}
