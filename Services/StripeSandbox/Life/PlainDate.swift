import Foundation

/// A day as invoice lines write it: `16 Jan 2026`, in UTC.
enum PlainDate {
    static func text(_ time: Int) -> String {
        let style = Date.VerbatimFormatStyle(
            format: "\(day: .defaultDigits) \(month: .abbreviated) \(year: .defaultDigits)", locale: Locale(identifier: "en_US_POSIX"),
            timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
        return Date(timeIntervalSince1970: TimeInterval(time)).formatted(style)
    }
}
