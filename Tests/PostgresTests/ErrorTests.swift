import TestKit
import Testing

@testable import Postgres

@Suite("An error", .database)
struct ErrorTests {
    @Test("is safe to show, and tells a developer all but the contents of rows")
    func descriptions() async throws {
        let pool = try #require(TestDatabase.current).superuser
        _ = try await pool.query("CREATE TABLE cards (number TEXT PRIMARY KEY)")
        _ = try await pool.query("INSERT INTO cards VALUES (\("4242"))")
        let error = await postgresError { _ = try await pool.query("INSERT INTO cards VALUES (\("4242"))") }
        #expect(error?.code == .uniqueViolation && error?.sqlState == "23505" && error?.isRetriable == false)
        #expect(error?.constraint == "cards_pkey" && error?.server?.table == "cards")
        #expect(error?.description == "PostgreSQL: unique violation (23505, cards_pkey)")
        #expect(error?.server?.detail == "Key (number)=(4242) already exists.")
        #expect(error?.debugDescription.contains("duplicate key value violates unique constraint \"cards_pkey\"") == true)
        #expect(error?.debugDescription.contains("4242") == false)
    }

    @Test(
        "names no value of a row in any log",
        arguments: [
            "INSERT INTO people VALUES (NULL, 'canary@example.com', 1)", "INSERT INTO people VALUES ('x', 'canary@example.com', -1)",
            "SELECT 'canary@example.com'::bigint",
            "INSERT INTO people VALUES ('x', 'canary@example.com', 1), ('x', 'canary@example.com', 2)",
            "SELECT 'a\"canary@example.com\"b'::timestamptz", "UPDATE people SET name = 'canary@example.com'::varchar(3)::date::text",
        ])
    func canary(_ sql: String) async throws {
        let pool = try #require(TestDatabase.current).superuser
        _ = try await pool.query("CREATE TABLE people (name text NOT NULL, mail text PRIMARY KEY, age int CHECK (age > 0))")
        _ = try await pool.query("INSERT INTO people VALUES ('y', 'other', 3)")
        let error = try #require(await postgresError { _ = try await pool.query(Query(unsafe: sql)) })
        #expect(error.debugDescription.contains("sqlState: 2"))
        for text in [error.description, error.debugDescription] { #expect(!text.contains("canary") && !text.contains("\"can\"")) }
    }

    @Test(
        "has the kind its SQLSTATE stands for",
        arguments: [
            ("SELECT 1/0", PostgresError.Code.invalidValue), ("SELEC", .rejected), ("SELECT * FROM nowhere", .rejected),
            ("INSERT INTO t VALUES (NULL)", .notNullViolation), ("INSERT INTO t VALUES (-1)", .checkViolation),
            ("SELECT * FROM t FOR UPDATE; SELECT 1", .rejected), ("COPY t TO STDOUT", .invalidQuery),
            ("SET ROLE checkout", .insufficientPrivilege),
        ])
    func kinds(_ sql: String, _ code: PostgresError.Code) async throws {
        let database = try #require(TestDatabase.current)
        let pool = try database.pool(role: "refund_owner")
        _ = try await pool.query("CREATE TABLE t (amount BIGINT NOT NULL CHECK (amount > 0))")
        #expect(await postgresError { _ = try await pool.query(Query(unsafe: sql)) }?.code == code)
        #expect(try await pool.query("SELECT 1 AS x")[0].get("x") == 1)
    }
}
