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

    /// `customerID` → `customer_id`, `successURL` → `success_url`; a key in snake_case stays. By bytes: names are ASCII, and whole messages are
    /// made of them.
    static func snakeCase(_ name: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(name.utf8.count + 4)
        var previousWasUpper = true
        for byte in name.utf8 {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            if isUpper, !previousWasUpper { result.append(UInt8(ascii: "_")) }
            result.append(isUpper ? byte | caseBit : byte)
            previousWasUpper = isUpper || byte == UInt8(ascii: "_")
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// What a small letter has and the great one has not, in ASCII.
    private static let caseBit: UInt8 = 0x20

    /// `customer_id` → `customerID`, `price_ids` → `priceIDs`, `success_url` → `successURL`.
    static func camelCase(_ key: String) -> String {
        let words = key.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: true)
        guard words.count > 1 else { return key }
        var result = Array(words[0])
        for word in words.dropFirst() {
            if let whole = abbreviations[Substring(word)] {
                result += whole
            } else {
                let first = word[word.startIndex]
                let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
                result.append(isLower ? first & ~caseBit : first)
                result += word.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static let abbreviations: [Substring: [UInt8]] = [
        "id": Array("ID".utf8), "ids": Array("IDs".utf8), "url": Array("URL".utf8), "json": Array("JSON".utf8),
    ]
}

private struct WireKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ stringValue: String) { self.stringValue = stringValue }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
