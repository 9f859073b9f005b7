package import Foundation

/// JSON as this system writes and reads it everywhere: snake_case keys, RFC 3339 times in UTC, no escaped slashes, sorted keys.
///
/// A property is named as Swift names it (`customerID`, `successURL`) and appears as `customer_id`, `success_url`. Types need no
/// coding keys for that, and a golden file shows the result for each message.
package enum WireJSON {
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

    /// `value` as JSON bytes; keys sorted, so that equal values give equal bytes.
    package static func encode(_ value: some Encodable) throws -> [UInt8] { try encode(value, isSorted: true) }

    /// The same with members as the value gives them: for answers, which nobody compares byte by byte.
    package static func encodeUnsorted(_ value: some Encodable) throws -> [UInt8] { try encode(value, isSorted: false) }

    private static func encode(_ value: some Encodable, isSorted: Bool) throws -> [UInt8] {
        let writer = JSONWriter(isSorted: isSorted)
        try writer.write(value)
        return writer.bytes
    }

    /// Writes a text of UTF-8 as JSON, in quotes, behind what is there already.
    package static func append(text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        text.withUnsafeBufferPointer { JSONWriter.append(text: $0, to: &bytes) }
    }

    /// Reads a value after checking that the document is JSON and nests at most 64 deep.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try JSONTokenizer.check(bytes)
        return try decoder().decode(type, from: Data(bytes))
    }

    /// RFC 3339 in UTC; whole seconds without a fraction, else milliseconds, of which a part is cut off.
    ///
    /// A `Date` holds few milliseconds exactly, and most a little below: the microsecond that is meant is found before anything is cut off.
    package static func time(_ date: Date) -> String {
        let microseconds = (date.timeIntervalSince1970 * 1_000_000).rounded()
        guard let whole = Int64(exactly: microseconds), let text = RFC3339.text(microseconds: whole) else {
            return date.formatted(Date.ISO8601FormatStyle())
        }
        return text
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
        appendSnakeCase(name, to: &result)
        return String(decoding: result, as: UTF8.self)
    }

    /// The same, behind what is there already.
    static func appendSnakeCase(_ name: String, to result: inout [UInt8]) {
        var previousWasUpper = true
        for byte in name.utf8 {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            if isUpper, !previousWasUpper { result.append(UInt8(ascii: "_")) }
            result.append(isUpper ? byte | caseBit : byte)
            previousWasUpper = isUpper || byte == UInt8(ascii: "_")
        }
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

/// Times as text, by arithmetic alone: answers and messages are full of them.
private enum RFC3339 {
    /// Whole seconds without a fraction, else milliseconds, of which a part is cut off. Nil outside the years 0 to 9999.
    static func text(microseconds: Int64) -> String? {
        let (seconds, fraction) = divided(microseconds, by: 1_000_000)
        let (days, second) = divided(seconds, by: 86_400)
        guard let date = calendarDay(days) else { return nil }
        return String(unsafeUninitializedCapacity: 24) { text in
            var end = 0
            func put(_ number: Int64, _ digits: Int, behind mark: Unicode.Scalar?) {
                if let mark {
                    text[end] = UInt8(ascii: mark)
                    end += 1
                }
                var rest = number
                for place in (end..<end + digits).reversed() {
                    text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                end += digits
            }
            put(date.year, 4, behind: nil)
            put(date.month, 2, behind: "-")
            put(date.day, 2, behind: "-")
            put(second / 3600, 2, behind: "T")
            put(second / 60 % 60, 2, behind: ":")
            put(second % 60, 2, behind: ":")
            if fraction > 0 { put(fraction / 1000, 3, behind: ".") }
            text[end] = UInt8(ascii: "Z")
            return end + 1
        }
    }

    private static func divided(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// The day of the Gregorian calendar, `days` after 1970-01-01, counted in years that begin in March so that the leap day comes last.
    private static func calendarDay(_ days: Int64) -> (year: Int64, month: Int64, day: Int64)? {
        let (era, dayOfEra) = divided(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        guard (0...9999).contains(year) else { return nil }
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

private struct WireKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ stringValue: String) { self.stringValue = stringValue }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
