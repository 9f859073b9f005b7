import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// `GET /admin/analytics`: all numbers of a period in one currency. `POST /admin/analytics/rebuild`: counts everything anew.
struct AnalyticsRoutes: Sendable {
    let pool: PostgresPool
    let countAnew: CountAnew
    let now: @Sendable () -> Date

    /// Days that can be asked for at once: ten years.
    private static let mostDays = 3660

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/analytics", use: numbers)
        routes.post("admin/analytics/rebuild", use: rebuild)
    }

    @Sendable private func numbers(_ request: Request, _ context: AdminContext) async throws -> AnalyticsAnswer {
        let query = try request.query()
        let now = now()
        let (timeZone, today) = try await Figures.today(at: now, in: pool)
        let period = try Self.period(query, today: today)
        let asked = try query.text("currency").map(PaymentFilter.currency)
        let known = try await Figures.currencies(in: period, pool)
        // The one with the most payments; amounts of different currencies cannot be compared.
        let currency = asked ?? known.max { ($0.payments, $1.name) < ($1.payments, $0.name) }?.name ?? "usd"
        return AnalyticsAnswer(
            try await Figures.sums(of: period, in: currency, pool), of: period, timeZone: timeZone, in: currency,
            beside: known.map(\.name).filter { $0 != currency }, asOf: now)
    }

    /// From the first day to the day before `to`; the last 30 days unless given.
    private static func period(_ query: QueryParameters, today: CalendarDay) throws -> Period {
        let from = try query.day("from")
        let to = try query.day("to") ?? max(today, from ?? today).adding(days: 1)
        let period = Period(from: from ?? to.adding(days: -30), to: to)
        guard period.from < period.to, to.days(since: period.from) <= mostDays else {
            throw APIError.malformed(
                "to must be after from, and at most \(mostDays) days later.", field: "to", code: "invalid_parameter")
        }
        return period
    }

    @Sendable private func rebuild(_ request: Request, _ context: AdminContext) async throws -> CountAnew.Outcome {
        try await countAnew()
    }
}
