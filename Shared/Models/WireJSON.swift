package import Foundation

/// JSON as this system writes and reads it everywhere: snake_case keys, RFC 3339 times in UTC, no escaped slashes, sorted keys.
///
/// A property is named as Swift names it (`customerID`, `successURL`) and appears as `customer_id`, `success_url`. Types need no
/// coding keys for that, and a golden file shows the result for each message.
package enum WireJSON {
    /// A new encoder; keys sorted, so that equal values give equal bytes.
    package static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .custom { path in WireKey(snakeCase(path[path.count - 1].stringValue)) }
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(time(date))
        }
        return encoder
    }

    /// A new decoder; accepts times with or without a fraction of a second.
    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in WireKey(camelCase(path[path.count - 1].stringValue)) }
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = date(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "an RFC 3339 time is expected")
            }
            return date
        }
        return decoder
    }

    /// `value` as JSON bytes.
    package static func encode(_ value: some Encodable) throws -> [UInt8] { [UInt8](try encoder().encode(value)) }

    /// Reads a value after checking that the document nests at most 64 deep.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try JSONDepth.check(bytes)
        return try decoder().decode(type, from: Data(bytes))
    }

    /// RFC 3339 in UTC; whole seconds without a fraction, else milliseconds, of which a part is cut off.
    ///
    /// A `Date` holds few milliseconds exactly, and most a little below: the microsecond that is meant is found before anything is cut off.
    package static func time(_ date: Date) -> String {
        let microseconds = (date.timeIntervalSince1970 * 1_000_000).rounded()
        let whole = microseconds.truncatingRemainder(dividingBy: 1_000_000) == 0
        let meant = Date(timeIntervalSince1970: (whole ? microseconds : microseconds + 0.5) / 1_000_000)
        return meant.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: !whole))
    }

    /// Reads RFC 3339 with or without a fraction; nil when it is neither.
    package static func date(_ text: String) -> Date? {
        let withFraction = text.contains(".")
        return try? Date.ISO8601FormatStyle(includingFractionalSeconds: withFraction).parse(text)
    }

    /// `customerID` → `customer_id`, `successURL` → `success_url`; a key in snake_case stays.
    static func snakeCase(_ name: String) -> String {
        var result = ""
        var previousWasUpper = true
        for character in name {
            if character.isUppercase {
                if !previousWasUpper { result.append("_") }
                result.append(contentsOf: character.lowercased())
                previousWasUpper = true
            } else {
                result.append(character)
                previousWasUpper = character == "_"
            }
        }
        return result
    }

    /// `customer_id` → `customerID`, `price_ids` → `priceIDs`, `success_url` → `successURL`.
    static func camelCase(_ key: String) -> String {
        let words = key.split(separator: "_", omittingEmptySubsequences: true)
        guard words.count > 1 else { return key }
        return String(words[0])
            + words.dropFirst().map { word in
                switch word {
                case "id": "ID"
                case "ids": "IDs"
                case "url": "URL"
                case "json": "JSON"
                default: word.prefix(1).uppercased() + word.dropFirst()
                }
            }.joined()
    }
}

private struct WireKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ stringValue: String) { self.stringValue = stringValue }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
