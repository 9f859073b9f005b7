/// `[UInt8]` is `bytea`: the array of a byte is not a PostgreSQL array.
extension UInt8: PostgresArrayElement {
    /// `bytea`.
    package static var postgresArrayType: PostgresType { .bytea }

    /// Appends the bytes as they are.
    package static func encodeArray(_ array: [UInt8], into encoder: inout ParameterEncoder) {
        encoder.write(bytes: array)
    }

    /// The bytes that PostgreSQL wrote in hexadecimal, `\x00ff`.
    package static func decodeArray(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.starts(with: #"\x"#.utf8), text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        var index = text.startIndex + 2
        while index < text.endIndex {
            guard let high = nibble(text[index]), let low = nibble(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// `[[UInt8]]` is `bytea[]`.
extension Array: PostgresArrayElement where Element == UInt8 {}
