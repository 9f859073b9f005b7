import Foundation
import Models

/// What all of a user's subscriptions together say about access.
enum Verdict: Sendable, Hashable {
    /// The VM may run, because of this subscription.
    case on(AccessPolicy.Reading)
    /// The VM must not run: no subscription says it may, and this is the newest of those that say why.
    case off(StopReason, AccessPolicy.Reading)
    /// Nothing can be decided; whoever is on stays on.
    case undecided(String)
}

extension AccessPolicy {
    /// On if any subscription says on. Off only if every one was judged and none says on. A user of whom nothing was found is undecided:
    /// absence is never evidence.
    func verdict(_ readings: [Reading]) -> Verdict {
        let newestFirst = readings.sorted {
            ($0.subscription.created, $0.subscription.id.rawValue) > ($1.subscription.created, $1.subscription.id.rawValue)
        }
        let words = newestFirst.map { (reading: $0, word: word(of: $0)) }
        if let running = words.first(where: { $0.word == .on }) { return .on(running.reading) }
        for (_, word) in words {
            if case .unknown(let why) = word { return .undecided(why) }
        }
        for (reading, word) in words {
            if case .off(let reason) = word { return .off(reason, reading) }
        }
        guard readings.contains(where: \.counts) else { return .undecided("no subscription to a plan was found") }
        return .undecided("the first payment is not made yet")
    }
}
