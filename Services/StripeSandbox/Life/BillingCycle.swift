import Foundation

/// Monthly periods that start on the anchor's day and second, or on the last day of a shorter month.
enum BillingCycle {
    /// The end of the period that contains `time`: the first renewal strictly after it. Unix seconds, UTC.
    static func end(after time: Int, anchor: Int) -> Int {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
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
