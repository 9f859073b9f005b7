import Foundation
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Checkout

@Suite("A customer's timeline")
struct TimelineTests {
    /// Times are told in milliseconds, PostgreSQL keeps microseconds.
    @Test("passes over nothing that happened within one millisecond, page by page", .database, arguments: [1, 2, 10])
    func paged(limit: Int) async throws {
        try await CheckoutBench.run { bench, _ in
            for microseconds in [123_100, 123_200, 123_600, 123_900, 124_000] {
                try await bench.pool.query(
                    """
                    INSERT INTO subscription_changes (id, user_id, stripe_subscription_id, kind, status, idempotency_key, created_at)
                    VALUES (\("c\(microseconds)"), 'user_1', 'sub_1', 'reactivate', 'done', 'k',
                            '2026-11-27 12:00:00Z'::timestamptz + make_interval(secs => \(Double(microseconds) / 1_000_000)))
                    """)
            }
            var told: [String] = []
            var place: TimedPlace?
            while true {
                let page = try await Timeline.entries(of: "user_1", behind: place, limit: limit, in: bench.pool)
                // As it is read by whoever puts the parts together.
                let entries = try WireJSON.decode([TimelineEntry].self, from: WireJSON.encode(page))
                guard let last = entries.last else { break }
                told += entries.map(\.id)
                place = TimedPlace(at: last.at, id: last.id)
            }
            #expect(told == [124_000, 123_900, 123_600, 123_200, 123_100].map { "change:c\($0)" })
        }
    }

    /// A place is made of the time as it was told, so what is told must be the very millisecond.
    @Test("tells each millisecond of a second as it is")
    func milliseconds() throws {
        for millisecond in 0..<1000 {
            let at = Date(timeIntervalSince1970: 1_795_780_800 + Double(millisecond) / 1000)
            let entry = TimelineEntry(id: "x", at: at, kind: "x", text: "x")
            let told = try WireJSON.decode(TimelineEntry.self, from: WireJSON.encode(entry))
            #expect(abs(told.at.timeIntervalSince(at)) < 0.000_1, "\(millisecond)")
        }
    }
}
