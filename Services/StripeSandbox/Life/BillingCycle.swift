import Foundation

/// Monthly periods that start on the anchor's day and second, or on the last day of a shorter month.
enum BillingCycle {
    /// The same day and second so many months later, or the last day of a shorter month.
    static func time(_ start: Int, plusMonths months: Int) -> Int {
        let later = calendar.date(byAdding: .month, value: months, to: Date(timeIntervalSince1970: TimeInterval(start)))
        return later.map { Int($0.timeIntervalSince1970) } ?? start + months * 30 * 86_400
    }

    private static var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }

    /// The end of the period that contains `time`: the first renewal strictly after it. Unix seconds, UTC.
    static func end(after time: Int, anchor: Int) -> Int {
        let calendar = Self.calendar
        let start = Date(timeIntervalSince1970: TimeInterval(anchor))
        // No month is longer than 31 days, so this guess is never too late; the loop makes up the rest.
        var months = max(0, (time - anchor) / (31 * 86_400))
        while let date = calendar.date(byAdding: .month, value: months, to: start) {
            let end = Int(date.timeIntervalSince1970)
            if end > time { return end }
            months += 1
        }
        return time + 30 * 86_400
    }
}
