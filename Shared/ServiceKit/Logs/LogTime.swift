import Foundation

/// The present time as a log line shows it.
enum LogTime {
    /// RFC 3339 in UTC with milliseconds, such as `2026-11-23T03:11:06.042Z`.
    ///
    /// Computed by hand: a date formatter costs more than all the rest of a log line.
    static func now() -> [UInt8] {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        var parts = tm()
        var seconds = clock.tv_sec
        gmtime_r(&seconds, &parts)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        append(Int(parts.tm_year) + 1900, digits: 4, then: "-", to: &bytes)
        append(Int(parts.tm_mon) + 1, digits: 2, then: "-", to: &bytes)
        append(Int(parts.tm_mday), digits: 2, then: "T", to: &bytes)
        append(Int(parts.tm_hour), digits: 2, then: ":", to: &bytes)
        append(Int(parts.tm_min), digits: 2, then: ":", to: &bytes)
        append(Int(parts.tm_sec), digits: 2, then: ".", to: &bytes)
        append(clock.tv_nsec / 1_000_000, digits: 3, then: "Z", to: &bytes)
        return bytes
    }

    private static func append(_ number: Int, digits: Int, then mark: Unicode.Scalar, to bytes: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
        bytes.append(UInt8(ascii: mark))
    }
}
