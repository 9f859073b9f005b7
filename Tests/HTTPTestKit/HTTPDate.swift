package import Foundation

/// A time as HTTP writes it (RFC 9110, "Date/Time Formats"), such as `Mon, 23 Nov 2026 04:00:00 GMT`.
package func httpDate(_ date: Date) -> String {
    let format = Date.VerbatimFormatStyle(
        format: """
            \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \
            \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT
            """, locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
    return date.formatted(format)
}
