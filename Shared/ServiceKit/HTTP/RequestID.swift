/// The name of one request, by which its answer, its log lines and its messages are found together.
enum RequestID {
    static let longest = 128

    /// The caller's own name where it is safe to repeat everywhere, else a new one.
    static func accepted(_ given: String?) -> String {
        guard let given, !given.isEmpty, given.utf8.count <= longest, given.utf8.allSatisfy(isSafe) else { return make() }
        return given
    }

    /// 32 random hexadecimal digits.
    static func make() -> String {
        let random = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        return String(unsafeUninitializedCapacity: 32) { text in
            for index in 0..<16 {
                text[index] = digit(random.0 >> (index * 4))
                text[index + 16] = digit(random.1 >> (index * 4))
            }
            return 32
        }
    }

    /// The hexadecimal digit of the lowest four bits.
    private static func digit(_ bits: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits) & 15
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
