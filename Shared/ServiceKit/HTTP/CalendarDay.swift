import Foundation
import Models

/// A day of the calendar, in whatever time zone the reader of it is.
package struct CalendarDay: Sendable, Hashable, Comparable, Encodable {
    /// Midnight of that day in UTC, as a place to count days from.
    private let midnight: Date

    /// The day that is written as `2026-11-23`; nil for anything else, and for days that no month has.
    package init?(_ text: String) {
        guard text.utf8.count == 10, let date = WireJSON.date(text + "T00:00:00Z") else { return nil }
        midnight = date
        guard self.text == text else { return nil }
    }

    private init(midnight: Date) { self.midnight = midnight }

    /// As `2026-11-23`.
    package var text: String { String(WireJSON.time(midnight).prefix(10)) }

    /// The day so many days later.
    package func adding(days: Int) -> CalendarDay { CalendarDay(midnight: midnight.addingTimeInterval(Double(days) * 86_400)) }

    /// How many days it is from `other` to this one.
    package func days(since other: CalendarDay) -> Int { Int((midnight.timeIntervalSince(other.midnight) / 86_400).rounded()) }

    /// 1 for Monday to 7 for Sunday, as ISO 8601 counts. (The first day of 1970 was a Thursday.)
    package var weekday: Int {
        let number = Int((midnight.timeIntervalSince1970 / 86_400).rounded()) + 3
        return ((number % 7) + 7) % 7 + 1
    }

    /// Earlier days first.
    package static func < (one: CalendarDay, other: CalendarDay) -> Bool { one.midnight < other.midnight }

    /// As its text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension QueryParameters {
    /// A day, as `2026-11-23`.
    package func day(_ name: String) throws -> CalendarDay? {
        guard let text = text(name) else { return nil }
        guard let day = CalendarDay(text) else {
            throw APIError.malformed("\(name) must be a day, such as 2026-11-23.", field: name, code: "invalid_parameter")
        }
        return day
    }
}
