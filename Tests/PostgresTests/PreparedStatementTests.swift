import TestKit
import Testing

@testable import Postgres

@Suite("A prepared statement", .database)
struct PreparedStatementTests {
    private func answer(_ pool: PostgresPool, _ number: Int) async throws -> [Int] {
        let query: Query = "SELECT * FROM numbers WHERE n >= \(number) ORDER BY n"
        return try await pool.query(query.prepared()).map { try $0.get("n") }
    }

    @Test("is prepared once, and again when the table has changed")
    func preparesAgain() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        _ = try await pool.query("CREATE TABLE numbers AS SELECT n FROM generate_series(1, 3) AS n")
        for _ in 0..<3 { #expect(try await answer(pool, 2) == [2, 3]) }
        #expect(try await pool.query("SELECT FROM pg_prepared_statements").count == 1)
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
        #expect(try await pool.query(integer.prepared())[0].get("x") == 1)
        #expect(try await pool.query(double.prepared())[0].get("x") == 0.5)
    }

    @Test("beyond the sixty-fourth still runs")
    func tooMany() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.maximumConnections = 1 }
        for number in 0..<70 {
            let query: Query = "SELECT \(unsafe: String(number)) AS x"
            #expect(try await pool.query(query.prepared())[0].get("x") == number)
        }
        #expect(try await pool.query("SELECT FROM pg_prepared_statements").count == 64)
    }
}
