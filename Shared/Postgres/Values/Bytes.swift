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
        return unsafe text.withUnsafeBufferPointer { digits in
            var isHexadecimal = true
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: digits.count / 2 - 1) { bytes, count in
                count = bytes.count
                for place in 0..<count {
                    let (high, low) = unsafe (nibbles[Int(digits[2 * place + 2])], nibbles[Int(digits[2 * place + 3])])
                    isHexadecimal = isHexadecimal && high != notHexadecimal && low != notHexadecimal
                    unsafe bytes.initializeElement(at: place, to: high << 4 | low)
                }
            }
            return isHexadecimal ? bytes : nil
        }
    }

    private static let notHexadecimal: UInt8 = 0xff

    /// By digit; PostgreSQL writes small letters.
    private static let nibbles: [UInt8] = (0...255).map { digit in
        switch UInt8(digit) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(digit) - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(digit) - UInt8(ascii: "a") + 10
        default: notHexadecimal
        }
    }
}

/// `[[UInt8]]` is `bytea[]`.
extension Array: PostgresArrayElement where Element == UInt8 {}
