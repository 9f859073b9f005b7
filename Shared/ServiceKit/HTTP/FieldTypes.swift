import Foundation
import Models

/// An amount of money in a request: a whole number of minor units, at least 1, written as plain digits. `100.0` and `1e2` are refused, as are a
/// text, zero, and what is below: the 400 names the field.
package struct MinorUnits: Decodable, Sendable, Hashable {
    /// Minor units.
    package let value: Int64

    /// Reads the number.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value = try container.decode(Int64.self)
        let isPlain = StrictDecoder.document?.literal(at: decoder.codingPath).map { Int64($0) == value } ?? true
        guard value >= 1, isPlain else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a whole number from 1 on is expected")
        }
    }
}

extension JSONValue {
    /// The text of the number at a place.
    fileprivate func literal(at path: [any CodingKey]) -> String? {
        guard let key = path.first else {
            if case .number(let literal) = self { return literal }
            return nil
        }
        switch self {
        case .object: return self[FieldFault.snakeCase(key.stringValue)]?.literal(at: Array(path.dropFirst()))
        case .array(let items):
            guard let index = key.intValue, items.indices.contains(index) else { return nil }
            return items[index].literal(at: Array(path.dropFirst()))
        default: return nil
        }
    }
}

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

/// Words of a person in a request.
package enum FreeText {
    /// Throws a 400 that names `field` unless there are 1 to `most` characters, not all of them space, that PostgreSQL can store.
    package static func check(_ text: String, _ field: String, most: Int = 1000) throws {
        let isSaid = text.contains { !$0.isWhitespace }
        guard isSaid, text.unicodeScalars.count <= most, !text.utf8.contains(0) else {
            throw APIError.malformed("\(field) must have 1 to \(most) characters.", field: field, code: "invalid_field")
        }
    }
}

/// A value that is written as `null` where there is none, instead of being left out.
@propertyWrapper
package struct Null<Value: Encodable & Sendable>: Encodable, Sendable {
    /// The value.
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    /// Writes the value, or null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}
