import Foundation
import Models
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite("Rows as JSON")
struct RowJSONTests {
    private static let json = RowJSON([("words", .text, nil), ("amount", .number, "cents"), ("at", .time, nil)])

    private struct Value: Encodable {
        var words: String?
        var cents: Int64?
        var at: Date?

        private enum CodingKeys: CodingKey {
            case words, cents, at
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(words, forKey: .words)
            try container.encode(cents, forKey: .cents)
            try container.encode(at, forKey: .at)
        }
    }

    @Test("are what their values would be", .database)
    func equal() async throws {
        let pool = try #require(TestDatabase.current).pool()
        let rows = try await pool.query(
            """
            SELECT \(query: Self.json.columns) FROM (VALUES
                ('plain', 1900::bigint, '2026-11-23 09:05:00+00'::timestamptz), (E'"\\\\/ \\n\\t\\u0001 ü 日本 😀', -1, '2026-11-23 09:05:00.25+00'),
                ('', 0, '2026-11-23 09:05:00.123456+00'), (NULL, NULL, NULL), ('c', 9223372036854775807, '1999-12-31 23:59:59.000009+00'),
                ('d', 1, '0001-01-01 00:00:00.1+00')) AS told (words, amount, at)
            """)
        #expect(rows.count == 6)
        for row in rows {
            let value = Value(words: try row.get("words"), cents: try row.get("amount"), at: try row.get("at"))
            let written = try String(decoding: Self.json(row).bytes, as: UTF8.self)
            #expect(try written == String(decoding: WireJSON.encodeUnsorted(value), as: UTF8.self))
        }
    }
}
