package import Foundation
package import Hummingbird
import Models

/// The parameters behind the `?` of an address, each at most once.
///
/// Reading one throws a 400 that names it when its value does not fit. An empty value counts as not given.
package struct QueryParameters: Sendable {
    private let values: [String: String]

    /// Reads a query; throws 400 for a name given twice, for broken percent-encoding, and for control characters.
    package init(_ query: String?) throws {
        var values: [String: String] = [:]
        for pair in (query ?? "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(halves[0]), !name.isEmpty, let value = halves.count == 2 ? Self.decoded(halves[1]) : "" else {
                throw APIError.malformed("A query parameter is not properly encoded.", code: "invalid_parameter")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw APIError.malformed("\(name.prefix(40)) is given twice.", field: String(name.prefix(40)), code: "duplicate_parameter")
            }
        }
        self.values = values
    }

    /// The text of a parameter; nil when it is not given or empty.
    package func text(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A whole number within `range`.
    package func integer(_ name: String, in range: ClosedRange<Int> = .min ... .max) throws -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`.
    package func flag(_ name: String) throws -> Bool? {
        guard let text = text(name) else { return nil }
        guard let flag = Bool(text) else { throw invalid(name, "must be true or false") }
        return flag
    }

    /// A time in RFC 3339, or a day (`2026-11-23`), which stands for its beginning in UTC.
    package func date(_ name: String) throws -> Date? {
        guard let text = text(name) else { return nil }
        guard let date = WireJSON.date(text.utf8.count == 10 ? text + "T00:00:00Z" : text) else {
            throw invalid(name, "must be a day or an RFC 3339 time")
        }
        return date
    }

    /// One of the cases of an enumeration of texts.
    package func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of: Choice.Type = Choice.self) throws -> Choice?
    where Choice.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw invalid(name, "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    private func invalid(_ name: String, _ rule: String) -> APIError {
        .malformed("\(name) \(rule).", field: name, code: "invalid_parameter")
    }

    private static func decoded(_ text: Substring) -> String? {
        guard let decoded = text.replacing("+", with: " ").removingPercentEncoding,
            !decoded.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { return nil }
        return decoded
    }
}

extension Request {
    /// The query of this request, read strictly.
    package func query() throws -> QueryParameters {
        try QueryParameters(uri.query)
    }
}
