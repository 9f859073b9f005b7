import Foundation
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Analytics

/// Values computed by hand. When clocks change: Europe/Berlin at 01:00 UTC on the last Sundays of March and October, America/New_York at 02:00 local
/// time on the second Sunday of March and the first of November (IANA tz database).
@Suite("Days and months")
struct DayTests {
    private struct Case: Sendable {
        var zone: String
        var moment: String
        var day: String
        var hour: Int
    }

    private static let cases = [
        // Month and year edges.
        Case(zone: "UTC", moment: "2026-01-31T23:59:59.999Z", day: "2026-01-31", hour: 23),
        Case(zone: "UTC", moment: "2026-02-01T00:00:00Z", day: "2026-02-01", hour: 0),
        Case(zone: "Europe/Berlin", moment: "2025-12-31T22:59:59Z", day: "2025-12-31", hour: 23),
        Case(zone: "Europe/Berlin", moment: "2025-12-31T23:00:00Z", day: "2026-01-01", hour: 0),
        Case(zone: "America/New_York", moment: "2026-01-01T04:59:59Z", day: "2025-12-31", hour: 23),
        Case(zone: "America/New_York", moment: "2026-01-01T05:00:00Z", day: "2026-01-01", hour: 0),
        // A leap day, and a year without one.
        Case(zone: "Europe/Berlin", moment: "2028-02-28T23:00:00Z", day: "2028-02-29", hour: 0),
        Case(zone: "Europe/Berlin", moment: "2028-02-29T23:00:00Z", day: "2028-03-01", hour: 0),
        Case(zone: "America/New_York", moment: "2027-03-01T04:59:59Z", day: "2027-02-28", hour: 23),
        // Berlin, 29 March 2026: 02:00 does not exist; the day has 23 hours.
        Case(zone: "Europe/Berlin", moment: "2026-03-28T22:59:59Z", day: "2026-03-28", hour: 23),
        Case(zone: "Europe/Berlin", moment: "2026-03-28T23:00:00Z", day: "2026-03-29", hour: 0),
        Case(zone: "Europe/Berlin", moment: "2026-03-29T00:59:59Z", day: "2026-03-29", hour: 1),
        Case(zone: "Europe/Berlin", moment: "2026-03-29T01:00:00Z", day: "2026-03-29", hour: 3),
        Case(zone: "Europe/Berlin", moment: "2026-03-29T21:59:59Z", day: "2026-03-29", hour: 23),
        Case(zone: "Europe/Berlin", moment: "2026-03-29T22:00:00Z", day: "2026-03-30", hour: 0),
        // Berlin, 25 October 2026: 02:00 is there twice; the day has 25 hours.
        Case(zone: "Europe/Berlin", moment: "2026-10-24T22:00:00Z", day: "2026-10-25", hour: 0),
        Case(zone: "Europe/Berlin", moment: "2026-10-25T00:30:00Z", day: "2026-10-25", hour: 2),
        Case(zone: "Europe/Berlin", moment: "2026-10-25T01:30:00Z", day: "2026-10-25", hour: 2),
        Case(zone: "Europe/Berlin", moment: "2026-10-25T22:59:59Z", day: "2026-10-25", hour: 23),
        Case(zone: "Europe/Berlin", moment: "2026-10-25T23:00:00Z", day: "2026-10-26", hour: 0),
        // New York, 8 March and 1 November 2026.
        Case(zone: "America/New_York", moment: "2026-03-08T04:59:59Z", day: "2026-03-07", hour: 23),
        Case(zone: "America/New_York", moment: "2026-03-08T06:59:59Z", day: "2026-03-08", hour: 1),
        Case(zone: "America/New_York", moment: "2026-03-08T07:00:00Z", day: "2026-03-08", hour: 3),
        Case(zone: "America/New_York", moment: "2026-03-09T03:59:59Z", day: "2026-03-08", hour: 23),
        Case(zone: "America/New_York", moment: "2026-11-01T05:30:00Z", day: "2026-11-01", hour: 1),
        Case(zone: "America/New_York", moment: "2026-11-01T06:30:00Z", day: "2026-11-01", hour: 1),
        Case(zone: "America/New_York", moment: "2026-11-02T04:59:59Z", day: "2026-11-01", hour: 23),
        Case(zone: "America/New_York", moment: "2026-11-02T05:00:00Z", day: "2026-11-02", hour: 0),
    ]

    @Test("begin at midnight where the account is", .database)
    func edges() async throws {
        let bench = try await AnalyticsBench.make()
        for (zone, cases) in Dictionary(grouping: Self.cases, by: \.zone) {
            try await bench.use(timeZone: zone)
            // Each has a currency of its own.
            for (number, one) in cases.enumerated() { try await Self.check(one, zone, currency: "c\(number + 10)", bench) }
            try await TestDatabase.current?.superuser.query("TRUNCATE analytics.payments, analytics.payment_attempts, analytics.figures")
        }
    }

    private static func check(_ one: Case, _ zone: String, currency: String, _ bench: AnalyticsBench) async throws {
        try await bench.hear([
            .payment("p\(currency)", at: one.moment, currency),
            .attempt("t\(currency)", of: "p", 1, at: one.moment, 1, currency, code: nil),
        ])
        try await #expect(bench.figures("collected", currency) == ["\(currency) collected \(one.day) basic 1 1900"], "\(one)")
        try await #expect(bench.figures("attempt_hour", currency) == ["\(currency) attempt_hour \(one.day) \(one.hour) 1 1900"], "\(one)")
        // A list of that day alone has the payment, those of its neighbours have not.
        let day = try #require(CalendarDay(one.day))
        for (from, expected) in [(day.adding(days: -1), false), (day, true), (day.adding(days: 1), false)] {
            let query = try QueryParameters("from=\(from.text)&to=\(from.adding(days: 1).text)&q=p\(currency)")
            let found = try await PaymentList.page(PaymentFilter(query, timeZone: zone), behind: nil, limit: 9, in: bench.outbox.pool)
            #expect(found.isEmpty != expected, "\(one) on \(from.text)")
        }
    }

    @Test("that begin elsewhere have all figures counted anew, with nothing lost", .database)
    func moved() async throws {
        let bench = try await AnalyticsBench.make()
        try await bench.hear(FigureTests.life + [.payment("late", at: "2026-03-31T22:30:00Z")])
        let before = try await bench.figures()
        try await bench.use(timeZone: "Europe/Berlin")
        try await #expect(bench.figures("collected").contains("usd collected 2026-04-01 basic 1 1900"))
        try await #expect(bench.differences() == 0)
        try await bench.use(timeZone: "UTC")
        try await #expect(bench.figures() == before)
        let error = await #expect(throws: PostgresError.self) { try await bench.use(timeZone: "Europe/Atlantis") }
        #expect(error?.code == .invalidValue)
    }

    @Test(
        "are counted as the calendar has them",
        arguments: [
            ("2028-02-28", 1, "2028-02-29"), ("2028-02-29", 1, "2028-03-01"), ("2026-02-28", 1, "2026-03-01"),
            ("2026-12-31", 1, "2027-01-01"), ("2026-03-01", -1, "2026-02-28"), ("2026-01-01", 365, "2027-01-01"),
        ])
    func calendar(day: String, days: Int, expected: String) throws {
        let day = try #require(CalendarDay(day))
        #expect(day.adding(days: days).text == expected)
        #expect(day.adding(days: days).days(since: day) == days)
    }

    @Test("have the weekdays of ISO 8601", arguments: [("2026-11-27", 5), ("1970-01-01", 4), ("2028-02-29", 2), ("1969-12-28", 7)])
    func weekday(day: String, number: Int) throws {
        #expect(try #require(CalendarDay(day)).weekday == number)
    }

    @Test("that no month has are none", arguments: ["2026-02-29", "2026-13-01", "2026-1-1", "20261127", "2026-11-27T00", "٢٠٢٦-١١-٢٧", ""])
    func impossible(text: String) {
        #expect(CalendarDay(text) == nil)
    }
}
