import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// Which payments a list has: those for which all that is given holds.
struct PaymentFilter: Sendable {
    /// The order of a list. `paid_at` is the time that a payment is dated by: while it was not collected, when that was begun.
    enum Sort: String, CaseIterable, Sendable {
        case newest = "-paid_at"
        case oldest = "paid_at"
        case largest = "-amount"
        case smallest = "amount"

        var isAscending: Bool { self == .oldest || self == .smallest }
        var isByAmount: Bool { self == .largest || self == .smallest }
    }

    /// Each holds of every payment.
    private(set) var conditions: [Query] = []
    let sort: Sort

    /// Reads the parameters of a request; days begin in `timeZone`. Throws a 400 that names the one that does not fit.
    init(_ query: QueryParameters, timeZone: String) throws {
        sort = try query.choice("sort") ?? .newest
        let figure: PaymentFigure? = try query.choice("figure")
        let currency = try query.text("currency").map { try Self.currency($0) }
        let (from, to) = (try Self.moment("from", query, timeZone), try Self.moment("to", query, timeZone))
        if let from, let to, !from.isBefore(to) { throw Self.invalid("to", "must be after from") }
        if let statuses = try query.text("status").map(Self.statuses) { conditions.append("status = ANY(\(statuses))") }
        if let plan = try Self.word("plan_id", query) {
            conditions.append(plan == "none" ? "plan_id IS NULL" : "plan_id = \(plan)")
        }
        if let user = try Self.word("user_id", query) { conditions.append("user_id = \(user)") }
        if let currency { conditions.append("currency = \(currency)") }
        try addAmounts(query)
        if let word = try Self.word("q", query) {
            conditions.append(
                """
                payment_id IN (
                    SELECT payment_id FROM payments WHERE payment_id = \(word)
                    UNION SELECT payment_id FROM payments WHERE user_id = \(word) AND merged_into IS NULL
                    UNION SELECT payment_id FROM payments WHERE stripe_payment_intent_id = \(word)
                    UNION SELECT payment_id FROM payments WHERE stripe_charge_id = \(word)
                    UNION SELECT payment_id FROM payments WHERE stripe_invoice_id = \(word)
                    UNION SELECT payment_id FROM payments WHERE stripe_subscription_id = \(word))
                """)
        }
        if let figure {
            guard let from, let to, let currency else {
                throw Self.invalid("figure", "needs from, to and currency beside it")
            }
            conditions.append(figure.isBehind(part: query.text("part"), from: from.moment, to: to.moment, currency, timeZone))
        } else if query.text("part") != nil {
            throw Self.invalid("part", "needs figure beside it")
        } else {
            if let from { conditions.append("dated_at >= \(query: from.moment)") }
            if let to { conditions.append("dated_at < \(query: to.moment)") }
        }
    }

    private mutating func addAmounts(_ query: QueryParameters) throws {
        let range = 0...Int(Int64.max)
        let (least, most) = (try query.integer("min_amount", in: range), try query.integer("max_amount", in: range))
        if let least, let most, least > most { throw Self.invalid("max_amount", "must not be less than min_amount") }
        if let least { conditions.append("amount >= \(least)") }
        if let most { conditions.append("amount <= \(most)") }
    }

    /// A lower-case ISO code.
    static func currency(_ text: String) throws -> String {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else {
            throw invalid("currency", "must be a lower-case ISO code, such as usd")
        }
        return text
    }

    private static func statuses(_ text: String) throws -> [String] {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ PaymentStatus(rawValue: $0) != nil }) else {
            throw invalid("status", "must be some of " + PaymentStatus.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return names
    }

    private static func word(_ name: String, _ query: QueryParameters) throws -> String? {
        guard let text = query.text(name) else { return nil }
        guard text.utf8.count <= 255 else { throw invalid(name, "must have at most 255 bytes") }
        return text
    }

    /// A time, or the beginning of a day.
    private struct Moment {
        let day: CalendarDay?
        let time: Date?
        let moment: Query

        /// True also of a day and a time: which is first depends on the time zone, and a list of nothing is no fault.
        func isBefore(_ other: Moment) -> Bool {
            if let day, let otherDay = other.day { return day < otherDay }
            if let time, let otherTime = other.time { return time < otherTime }
            return true
        }
    }

    private static func moment(_ name: String, _ query: QueryParameters, _ timeZone: String) throws -> Moment? {
        guard let text = query.text(name) else { return nil }
        if text.utf8.count == 10 {
            let day = try query.day(name)
            return Moment(day: day, time: nil, moment: "(\(day?.text)::timestamp AT TIME ZONE \(timeZone))")
        }
        return try query.date(name).map { Moment(day: nil, time: $0, moment: "\($0)") }
    }

    private static func invalid(_ field: String, _ rule: String) -> APIError {
        .malformed("\(field) \(rule).", field: field, code: "invalid_parameter")
    }
}

/// A figure whose payments can be listed, by the name that it has in the table `figures`.
enum PaymentFigure: String, CaseIterable, Sendable {
    case collected, failed, canceled, pending, refunded, disputed, withdrawn
    case attemptFailed = "attempt_failed"
    case attemptNumber = "attempt_number"
    case attemptRecovered = "attempt_recovered"
    case attemptHour = "attempt_hour"

    /// That the payment is behind this figure, or one part of it, in a time: what the figure's own function says.
    func isBehind(part: String?, from: Query, to: Query, _ currency: String, _ timeZone: String) -> Query {
        let (table, time, function) =
            switch self {
            case .collected, .failed, .canceled, .pending: ("payments", "dated_at", "payment_figures")
            case .refunded: ("refunds", "refunded_at", "refund_figures")
            case .disputed, .withdrawn: ("disputes", "disputed_at", "dispute_figures")
            case .attemptFailed, .attemptNumber, .attemptRecovered, .attemptHour: ("payment_attempts", "failed_at", "attempt_figures")
            }
        // A fact about a payment that turned out to be another is about that one.
        return """
            payment_id IN (
                SELECT coalesce(about.merged_into, about.payment_id)
                FROM \(unsafe: table) AS fact CROSS JOIN LATERAL \(unsafe: function)(fact, \(timeZone)) AS counted
                JOIN payments AS about ON about.payment_id = fact.payment_id
                WHERE fact.currency = \(currency) AND fact.\(unsafe: time) >= \(query: from) AND fact.\(unsafe: time) < \(query: to)
                  AND counted.figure = \(rawValue) AND (\(part)::text IS NULL OR counted.part = \(part)))
            """
    }

    /// Where the payments behind the numbers of an answer are listed, by the names of the numbers. A number of a list has its key in `part`.
    static func addresses(of period: Period, in currency: String) -> [String: String] {
        let parts: [String: (figure: PaymentFigure, part: String?)] = [
            "revenue.gross": (.collected, nil), "revenue.refunded": (.refunded, nil), "revenue.disputed": (.withdrawn, nil),
            "revenue.by_plan": (.collected, nil), "payments.succeeded": (.collected, nil), "payments.failed": (.failed, nil),
            "payments.canceled": (.canceled, nil), "payments.pending": (.pending, nil), "failures.count": (.attemptFailed, nil),
            "failures.by_code": (.attemptFailed, nil), "failures.by_attempt": (.attemptNumber, nil),
            "failures.by_hour": (.attemptHour, nil),
            "recovery.payments": (.attemptNumber, "1"), "recovery.recovered": (.attemptRecovered, "1"), "refunds.count": (.refunded, nil),
            "refunds.by_reason": (.refunded, nil), "disputes.open": (.disputed, "open"), "disputes.won": (.disputed, "won"),
            "disputes.lost": (.disputed, "lost"), "disputes.inquiries": (.disputed, "inquiry"),
        ]
        return parts.mapValues { figure, part in
            "/api/payment/admin/payments?figure=\(figure.rawValue)\(part.map { "&part=\($0)" } ?? "")&currency=\(currency)"
                + "&from=\(period.from.text)&to=\(period.to.text)"
        }
    }
}
