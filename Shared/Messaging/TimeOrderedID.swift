package import Foundation

extension UUID {
    /// A new UUID of version 7 (RFC 9562, 5.7) as text in small letters: it begins with the time in milliseconds, so that rows which are made one
    /// after another lie beside each other in an index; the other 74 bits are random.
    package static func timeOrdered(at time: Date = Date()) -> String {
        var bytes = UUID().uuid
        let milliseconds = UInt64(max(0, time.timeIntervalSince1970 * 1000))
        (bytes.0, bytes.1, bytes.2) = (byte(milliseconds, 5), byte(milliseconds, 4), byte(milliseconds, 3))
        (bytes.3, bytes.4, bytes.5) = (byte(milliseconds, 2), byte(milliseconds, 1), byte(milliseconds, 0))
        bytes.6 = 0x70 | bytes.6 & 0x0f
        return UUID(uuid: bytes).uuidString.lowercased()
    }

    private static func byte(_ number: UInt64, _ place: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: number >> (8 * place)) }
}
