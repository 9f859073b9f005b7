import Foundation
import TestKit
import Testing

@testable import Postgres

@Suite("A value", .database)
struct ValueTests {
    private enum Currency: String, PostgresEncodable, PostgresDecodable, PostgresArrayElement, Equatable {
        case eur, usd
    }

    private func roundTrip<T: PostgresEncodable & PostgresDecodable>(_ value: T) async throws -> T {
        let database = try #require(TestDatabase.current)
        let row = try await #require(database.superuser.query("SELECT \(value) AS value").first)
        return try row.get("value")
    }

    @Test("text comes back as it went, whatever is in it")
    func text() async throws {
        let texts = [
            "", " ", "plain", "Zoë 🧾 日本", "e\u{301}", "'; DROP TABLE payments; --", #"\ " ' $1 {a,b} NULL"#, "line\r\n\ttab",
            "\u{1}\u{7f}", String(repeating: "x", count: 200_000),
        ]
        for text in texts { #expect(try await Array(roundTrip(text).utf8) == Array(text.utf8)) }
    }

    @Test("an integer comes back at its extremes")
    func integers() async throws {
        for number in [Int64.min, -1, 0, 1, Int64.max] {
            #expect(try await roundTrip(number) == number)
            #expect(try await roundTrip(Int(number)) == Int(number))
            #expect(try await roundTrip(Int32(clamping: number)) == Int32(clamping: number))
        }
    }

    @Test("a double comes back to the last bit")
    func doubles() async throws {
        let numbers = [0.0, -0.0, 0.1, 1 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, -.infinity]
        for number in numbers { #expect(try await roundTrip(number).bitPattern == number.bitPattern) }
        #expect(try await roundTrip(Double.nan).isNaN)
    }

    @Test("true, false and a UUID come back")
    func smallTypes() async throws {
        #expect(try await roundTrip(true))
        #expect(try await !roundTrip(false))
        let id = UUID()
        #expect(try await roundTrip(id) == id)
    }

    @Test("bytes of every value come back")
    func bytes() async throws {
        let all = (0...255).map(UInt8.init)
        #expect(try await roundTrip(all) == all)
        #expect(try await roundTrip([UInt8]()) == [])
    }

    @Test("a date comes back to the microsecond, from the year 1 to the year 9999")
    func dates() async throws {
        let moments = [
            -62_135_596_800, -1.000001, 0, 951_782_399.999999, 951_827_696.5, 1_795_424_700.123456, 4_102_444_799.999999, 253_402_300_799,
        ]
        for moment in moments {
            let date = Date(timeIntervalSince1970: moment)
            let difference = try await roundTrip(date).timeIntervalSince(date)
            // So far from 2001 a Date cannot tell apart less than 8 µs.
            #expect(abs(difference) < (abs(moment) < 5e9 ? 0.000_001 : 0.000_008), "\(date)")
        }
    }

    @Test("a date means the same moment to the server, in any time zone")
    func dateMeaning() async throws {
        let database = try #require(TestDatabase.current)
        let date = Date(timeIntervalSince1970: 1_795_424_700.25)
        let row = try await #require(
            database.superuser.query("SELECT (\(date) = '2026-11-23 06:35:00.25 -02:30'::timestamptz) AS same").first)
        let inAsia = try await database.superuser.withConnection { connection in
            _ = try await connection.query("SET TimeZone = 'Asia/Kathmandu'")
            return try await connection.query("SELECT \(date) AS moment")[0].get("moment", as: Date.self)
        }
        #expect(try row.get("same"))
        #expect(inAsia == date)
    }

    @Test("JSON comes back as the same document")
    func json() async throws {
        let document = JSON(#"{"a": [1, null, "\"é"], "b": {}}"#)
        #expect(try await roundTrip(document) == document)
    }

    @Test("nil comes back as nil, for every type")
    func null() async throws {
        #expect(try await roundTrip(String?.none) == nil)
        #expect(try await roundTrip([UInt8]?.none) == nil)
        #expect(try await roundTrip([String]?.none) == nil)
        #expect(try await roundTrip(Date?.none) == nil)
        #expect(try await roundTrip(JSON?.none) == nil)
        #expect(try await roundTrip(UUID?.some(UUID())) != nil)
    }

    @Test("an array comes back, with quotes, commas, NULL and nothing in it")
    func arrays() async throws {
        let texts = ["", "a,b", #"q"uote"#, #"back\slash"#, "{curly}", "NULL", "null", " ", "日本", "\n"]
        #expect(try await roundTrip(texts) == texts)
        #expect(try await roundTrip([String]()) == [])
        #expect(try await roundTrip([String?](["NULL", nil, ""])) == ["NULL", nil, ""])
        #expect(try await roundTrip([Int64.min, 0, .max]) == [.min, 0, .max])
        #expect(try await roundTrip([1.5, -0.25]) == [1.5, -0.25])
        #expect(try await roundTrip([true, false]) == [true, false])
        #expect(try await roundTrip([[0, 255, 92, 34], [], [7]] as [[UInt8]]) == [[0, 255, 92, 34], [], [7]])
    }

    @Test("an array of an outbox's size is one parameter")
    func largeArrays() async throws {
        let database = try #require(TestDatabase.current)
        let bodies: [[UInt8]] = (0..<64).map { row in (0..<5_000).map { UInt8(truncatingIfNeeded: $0 * 7 + row) } }
        let ids = (0..<64).map { "message-\($0)" }
        _ = try await database.superuser.query("CREATE TABLE outbox (id TEXT PRIMARY KEY, body BYTEA NOT NULL)")
        let inserted = try await database.superuser.query(
            "INSERT INTO outbox SELECT * FROM unnest(\(ids), \(bodies))")
        #expect(inserted.affectedRows == 64)
        let rows = try await database.superuser.query("SELECT body FROM outbox WHERE id = ANY(\(["message-63"]))")
        #expect(try rows[0].get("body") == bodies[63])
    }

    @Test("an enumeration is stored as its raw value, and an unknown one is not read")
    func rawValues() async throws {
        let database = try #require(TestDatabase.current)
        #expect(try await roundTrip(Currency.eur) == .eur)
        #expect(try await roundTrip([Currency.usd, .eur]) == [.usd, .eur])
        let unknown = try await database.superuser.query("SELECT 'gbp' AS currency")
        let error = await postgresError { _ = try unknown[0].get("currency", as: Currency.self) }
        #expect(error?.code == .typeMismatch)
    }

    @Test("a sum is read as an integer although PostgreSQL makes it numeric")
    func sums() async throws {
        let database = try #require(TestDatabase.current)
        let rows = try await database.superuser.query("SELECT SUM(x) AS total FROM unnest(\([40, 2])) AS x")
        #expect(try rows[0].get("total") == 42)
    }

    @Test("that cannot be stored is refused before it is sent")
    func refusals() async throws {
        let pool = try #require(TestDatabase.current).superuser
        let queries: [Query] = [
            "SELECT \("a\0b")", "SELECT \(["ok", "\0"])", "SELECT \(JSON("\"\0\""))", "SELECT \(Date(timeIntervalSince1970: .nan))",
            Query(unsafe: "SELECT 1\0"), "",
        ]
        for query in queries {
            #expect(await postgresError { _ = try await pool.query(query) }?.code == .invalidQuery)
        }
        // Nothing was sent, so one connection served them all and is still good.
        #expect(pool.statistics == PoolStatistics(idle: 1))
    }

    @Test("read wrongly names its column")
    func readErrors() async throws {
        let row = try await #require(
            TestDatabase.current?.superuser.query("SELECT NULL::text AS nothing, 'x' AS word, \(Int64.max) AS big").first)
        let missing = await postgresError { _ = try row.get("amount", as: Int.self) }
        let null = await postgresError { _ = try row.get("nothing", as: String.self) }
        let mismatch = await postgresError { _ = try row.get("word", as: Int.self) }
        let overflow = await postgresError { _ = try row.get("big", as: Int32.self) }
        #expect(missing?.code == .missingColumn && missing?.debugDescription.contains("\"amount\"") == true)
        #expect(null?.code == .unexpectedNull && null?.debugDescription.contains("\"nothing\"") == true)
        #expect(mismatch?.code == .typeMismatch && mismatch?.debugDescription.contains("\"word\"") == true)
        #expect(overflow?.code == .typeMismatch)
    }
}
