/// One way in which the sandbox can misbehave. Of several that strike one call, the first in this order does.
enum ChaosKind: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
    /// Lost before it was made: neither delivered nor listed.
    case neverMade = "events.never_made"
    /// Listed, but never delivered.
    case dropped = "events.dropped"
    case duplicated = "events.duplicated"
    /// Comes after events that were made later.
    case reordered = "events.reordered"
    case delayed = "events.delayed"
    case rateLimited = "calls.rate_limited"
    /// 500, and nothing was done.
    case failedBefore = "calls.failed_before"
    /// 500, and yet it was done.
    case failedAfter = "calls.failed_after"
    /// No answer, then the connection is closed.
    case timedOut = "calls.timed_out"
    /// A GET answers what was true before the last changes.
    case stale = "calls.stale"
    case cutOff = "calls.cut_off"
    case notJSON = "calls.not_json"
    case html = "calls.html"

    static let calls = allCases.filter { $0.group == "calls" }

    /// `events` or `calls`.
    var group: String { String(rawValue.prefix { $0 != "." }) }

    /// The name inside its group.
    var name: String { String(rawValue.dropFirst(group.count + 1)) }
}

extension ChaosKind {
    /// A number that a rule may carry beside its trigger.
    struct Amount: Sendable {
        let name: String
        let range: ClosedRange<Double>
        /// Where the rule does not say.
        let usual: Double
        var isWhole = false
        /// `true` or `false`, kept as 1 and 0.
        var isChoice = false
    }

    /// What a rule of this kind may say. Seconds are of the wall clock.
    var amounts: [Amount] {
        switch self {
        case .neverMade, .dropped, .failedBefore, .cutOff, .notJSON, .html: []
        case .duplicated: [Amount(name: "copies", range: 2...5, usual: 2, isWhole: true)]
        case .reordered:
            [
                Amount(name: "behind", range: 1...100, usual: 3, isWhole: true),
                // Where no later event comes, the held one is let go.
                Amount(name: "seconds", range: 0.1...600, usual: 5),
            ]
        case .delayed: [Amount(name: "seconds", range: 0.01...3600, usual: 5)]
        case .rateLimited: [Amount(name: "retry_after", range: 0...60, usual: 1, isWhole: true)]
        case .failedAfter: [Amount(name: "replayed", range: 0...1, usual: 1, isChoice: true)]
        case .timedOut:
            [
                Amount(name: "seconds", range: 0...600, usual: 30),
                Amount(name: "executed", range: 0...1, usual: 1, isChoice: true),
            ]
        case .stale:
            [
                Amount(name: "changes", range: 1...16, usual: 1, isWhole: true),
                Amount(name: "seconds", range: 0.1...3600, usual: 60),
            ]
        }
    }
}
