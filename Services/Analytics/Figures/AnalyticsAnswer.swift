import Foundation
import Hummingbird
import Models
import ServiceKit

/// The answer of `GET /admin/analytics`: all numbers of a period in one currency. Amounts are minor units; shares are null where there is nothing
/// to be a share of.
struct AnalyticsAnswer: ResponseEncodable {
    struct PeriodAnswer: Encodable {
        /// The first day.
        var from: CalendarDay
        /// The day after the last.
        var to: CalendarDay
        var timeZone: String
        var days: Int
    }

    let period: PeriodAnswer
    let currency: String
    /// The other currencies that there are.
    let currencies: [String]
    let revenue: Revenue
    let payments: Payments
    let failures: Failures
    let recovery: Recovery
    let refunds: Refunds
    let disputes: Disputes
    let subscriptions: Subscriptions
    let definitions = Definitions.sentences
    /// Where the payments behind a number are listed.
    let behind: [String: String]
    let asOf: Date

    init(_ sums: PeriodSums, of period: Period, timeZone: String, in currency: String, beside others: [String], asOf: Date) {
        self.period = PeriodAnswer(from: period.from, to: period.to, timeZone: timeZone, days: period.days.count)
        self.currency = currency
        currencies = others
        revenue = Revenue(sums, period)
        payments = Payments(sums)
        failures = Failures(sums)
        recovery = Recovery(sums)
        refunds = Refunds(sums)
        disputes = Disputes(sums)
        subscriptions = Subscriptions(sums)
        behind = PaymentFigure.addresses(of: period, in: currency)
        self.asOf = asOf
    }
}

extension AnalyticsAnswer {
    struct Revenue: Encodable {
        struct OfPlan: Encodable {
            @Null var planID: String?
            @Null var planName: String?
            var amount: Int64
            var payments: Int64
        }
        struct OfDay: Encodable {
            var date: CalendarDay
            var amount: Int64
            var payments: Int64
            var refunded: Int64
            var failedAttempts: Int64
        }

        let gross: Int64
        let refunded: Int64
        let disputed: Int64
        let net: Int64
        let byPlan: [OfPlan]
        let byDay: [OfDay]

        init(_ sums: PeriodSums, _ period: Period) {
            gross = sums["collected"].amount
            refunded = sums["refunded"].amount
            disputed = sums["withdrawn"].amount
            net = gross - refunded - disputed
            byPlan = sums.sorted("collected").map { plan, sum in
                OfPlan(
                    planID: plan.isEmpty ? nil : plan, planName: Plan(rawValue: plan)?.name, amount: sum.amount, payments: sum.count)
            }
            byDay = period.days.map { day in
                let collected = sums.days["collected"]?[day] ?? Sum()
                return OfDay(
                    date: day, amount: collected.amount, payments: collected.count, refunded: sums.days["refunded"]?[day]?.amount ?? 0,
                    failedAttempts: sums.days["attempt_failed"]?[day]?.count ?? 0)
            }
        }
    }

    struct Payments: Encodable {
        let succeeded: Int64
        let failed: Int64
        let canceled: Int64
        let pending: Int64
        @Null var averageAmount: Int64?
        @Null var successRate: Double?

        init(_ sums: PeriodSums) {
            let collected = sums["collected"]
            succeeded = collected.count
            failed = sums["failed"].count
            canceled = sums["canceled"].count
            pending = sums["pending"].count
            averageAmount = collected.average
            successRate = share(succeeded, of: succeeded + failed)
        }
    }

    struct Failures: Encodable {
        struct OfCode: Encodable {
            @Null var failureCode: String?
            var count: Int64
            var amount: Int64
        }
        struct OfAttempt: Encodable {
            @Null var attempt: Int64?
            var count: Int64
            var recovered: Int64
        }
        struct OfHour: Encodable {
            var hour: Int
            var count: Int64
            var amount: Int64
        }
        struct OfWeekday: Encodable {
            var weekday: Int
            var count: Int64
            var amount: Int64
        }

        let count: Int64
        let amount: Int64
        let byCode: [OfCode]
        let byAttempt: [OfAttempt]
        let byHour: [OfHour]
        let byWeekday: [OfWeekday]

        init(_ sums: PeriodSums) {
            count = sums["attempt_failed"].count
            amount = sums["attempt_failed"].amount
            byCode = sums.sorted("attempt_failed").map { code, sum in
                OfCode(failureCode: code.isEmpty ? nil : code, count: sum.count, amount: sum.amount)
            }
            byAttempt = sums.sorted("attempt_number").map { number, sum in
                OfAttempt(attempt: Int64(number), count: sum.count, recovered: sums["attempt_recovered", number].count)
            }.sorted { ($0.attempt ?? .max) < ($1.attempt ?? .max) }
            byHour = (0..<24).map { hour in
                let sum = sums["attempt_hour", "\(hour)"]
                return OfHour(hour: hour, count: sum.count, amount: sum.amount)
            }
            let days = sums.days["attempt_failed"] ?? [:]
            byWeekday = (1...7).map { weekday in
                let sum = days.filter { $0.key.weekday == weekday }.values.reduce(Sum(), +)
                return OfWeekday(weekday: weekday, count: sum.count, amount: sum.amount)
            }
        }
    }

    struct Recovery: Encodable {
        let payments: Int64
        let amount: Int64
        let recovered: Int64
        let recoveredAmount: Int64
        @Null var rate: Double?

        init(_ sums: PeriodSums) {
            let (begun, recovered) = (sums["attempt_number", "1"], sums["attempt_recovered", "1"])
            payments = begun.count
            amount = begun.amount
            self.recovered = recovered.count
            recoveredAmount = recovered.amount
            rate = share(recovered.count, of: begun.count)
        }
    }

    struct Refunds: Encodable {
        struct OfReason: Encodable {
            @Null var reason: String?
            var count: Int64
            var amount: Int64
        }

        let count: Int64
        let amount: Int64
        let byReason: [OfReason]

        init(_ sums: PeriodSums) {
            count = sums["refunded"].count
            amount = sums["refunded"].amount
            byReason = sums.sorted("refunded").map { reason, sum in
                OfReason(reason: reason.isEmpty ? nil : reason, count: sum.count, amount: sum.amount)
            }
        }
    }

    struct Disputes: Encodable {
        let open: Int64
        let won: Int64
        let lost: Int64
        let inquiries: Int64
        let amount: Int64
        @Null var rate: Double?

        init(_ sums: PeriodSums) {
            let all = ["open", "won", "lost"].map { sums["disputed", $0] }
            (open, won, lost) = (all[0].count, all[1].count, all[2].count)
            inquiries = sums["disputed", "inquiry"].count
            let sum = all.reduce(Sum(), +)
            amount = sum.amount
            rate = share(sum.count, of: sums["collected"].count)
        }
    }
}

extension PeriodSums {
    /// The parts of a figure that are not zero, the largest first.
    fileprivate func sorted(_ figure: String) -> [(part: String, sum: Sum)] {
        (parts[figure] ?? [:]).filter { $0.value != Sum() }.sorted { ($1.value.amount, $0.key) < ($0.value.amount, $1.key) }
            .map { ($0.key, $0.value) }
    }
}

extension Sum {
    /// Minor units of one of them, rounded; nil where there is none.
    var average: Int64? { count == 0 ? nil : Int64((Double(amount) / Double(count)).rounded()) }
}

/// A share with four decimals; nil of nothing.
func share(_ part: Int64, of whole: Int64) -> Double? {
    whole == 0 ? nil : (Double(part) / Double(whole) * 10_000).rounded() / 10_000
}
