import Foundation
import Messaging
import Postgres
import ServiceKit

/// How often, and how much in minor units.
struct Sum: Sendable, Hashable {
    var count: Int64 = 0
    var amount: Int64 = 0

    static func + (one: Sum, other: Sum) -> Sum { Sum(count: one.count + other.count, amount: one.amount + other.amount) }
}

/// Days from one up to, and without, another.
struct Period: Sendable, Hashable {
    var from: CalendarDay
    var to: CalendarDay

    var days: [CalendarDay] { (0..<to.days(since: from)).map { from.adding(days: $0) } }
}

/// The sums of a period in one currency.
struct PeriodSums: Sendable {
    /// By figure, then by part.
    var parts: [String: [String: Sum]] = [:]
    /// By figure, then by day.
    var days: [String: [CalendarDay: Sum]] = [:]
    /// What there was when the period began: subscriptions by status, and what they bring, under `customers`.
    var atStart: [String: Sum] = [:]
    /// The same when it ended.
    var atEnd: [String: Sum] = [:]

    /// All parts of a figure.
    subscript(figure: String) -> Sum { parts[figure, default: [:]].values.reduce(Sum(), +) }
    /// One part of a figure.
    subscript(figure: String, part: String) -> Sum { parts[figure]?[part] ?? Sum() }
}

/// The tables `figures` and `calendar`: what happened, added up by day. Only the triggers of the tables that they are made from change them.
enum Figures {
    /// Where days begin, and which it is there now.
    static func today(at now: Date, in pool: PostgresPool) async throws -> (timeZone: String, day: CalendarDay) {
        let row = try await pool.query(
            "SELECT time_zone, (\(now) AT TIME ZONE time_zone)::date::text AS today FROM calendar")[0]
        return try (row.get("time_zone"), CalendarDay(row.get("today")) ?? CalendarDay("1970-01-01")!)
    }

    /// The currencies that there are, with the number of payments collected in the period, sorted by their names.
    static func currencies(in period: Period, _ pool: PostgresPool) async throws -> [(name: String, payments: Int64)] {
        let query: Query = """
            WITH RECURSIVE known AS (
                (SELECT currency FROM figures ORDER BY currency LIMIT 1)
                UNION ALL
                SELECT (SELECT currency FROM figures WHERE figures.currency > known.currency ORDER BY currency LIMIT 1)
                FROM known WHERE known.currency IS NOT NULL
            )
            SELECT currency, (SELECT coalesce(sum(count), 0)::bigint FROM figures
                              WHERE figures.currency = known.currency AND figure = 'collected'
                                AND day >= \(period.from.text)::date AND day < \(period.to.text)::date) AS payments
            FROM known WHERE currency <> ''
            """
        return try await pool.query(query).map { try ($0.get("currency"), $0.get("payments")) }
    }

    /// Of these figures what was added up on the days of the period.
    private static let added = [
        "attempt_failed", "attempt_hour", "attempt_number", "attempt_recovered", "canceled", "collected", "disputed", "ended", "failed",
        "movement", "pending", "refunded", "withdrawn",
    ]

    static func sums(of period: Period, in currency: String, _ pool: PostgresPool) async throws -> PeriodSums {
        var sums = PeriodSums()
        let happened: Query = """
            SELECT figure, part, day::text, sum(count)::bigint AS count, sum(amount)::bigint AS amount FROM figures
            WHERE currency = \(currency) AND figure = ANY(\(added)) AND day >= \(period.from.text)::date AND day < \(period.to.text)::date
            GROUP BY GROUPING SETS ((figure, part), (figure, day))
            """
        for row in try await pool.query(happened) {
            let (figure, sum) = (try row.get("figure", as: String.self), try Sum(row))
            if let day = try row.get("day", as: String?.self).flatMap({ CalendarDay($0) }) {
                sums.days[figure, default: [:]][day] = sum
            } else {
                sums.parts[figure, default: [:]][try row.get("part")] = sum
            }
        }
        // What there was by then is all that came and went before: whole months, then the days of the last one.
        let stood: Query = """
            SELECT is_end, part, sum(count)::bigint AS count, sum(amount)::bigint AS amount
            FROM (VALUES (false, \(period.from.text)::date), (true, \(period.to.text)::date)) AS bound (is_end, day)
            CROSS JOIN LATERAL (
                SELECT part, count, amount FROM figures
                WHERE currency = \(currency) AND figure IN ('mrr_by_month', 'status_by_month') AND figures.day < date_trunc('month', bound.day)
                UNION ALL
                SELECT part, count, amount FROM figures
                WHERE currency = \(currency) AND figure IN ('mrr', 'status') AND figures.day >= date_trunc('month', bound.day)
                  AND figures.day < bound.day) AS change
            GROUP BY is_end, part
            """
        for row in try await pool.query(stood) {
            if try row.get("is_end") {
                sums.atEnd[try row.get("part")] = try Sum(row)
            } else {
                sums.atStart[try row.get("part")] = try Sum(row)
            }
        }
        return sums
    }
}

extension Sum {
    fileprivate init(_ row: Row) throws {
        self.init(count: try row.get("count"), amount: try row.get("amount"))
    }
}
