import Foundation
import Models

/// One subscription with what the policy says of it.
struct Finding: Sendable, Hashable {
    var reading: SubscriptionReading
    var entitlement: AccessPolicy.Entitlement

    /// Whether it lets the VM run.
    var entitles: Bool { if case .entitled = entitlement { true } else { false } }
}

/// What all of a user's subscriptions together say about access.
enum Verdict: Sendable, Hashable {
    /// The VM may run, because of this subscription, until then as far as is known.
    case on(SubscriptionReading, until: Date?)
    /// The VM must not run: no subscription says it may, and this is the newest of those that say why.
    case off(StopReason, SubscriptionReading)
    /// Nothing can be decided; whoever is on stays on.
    case undecided(String)

    /// On if any subscription says on. Off only if every one was judged and none says on. A user of whom nothing was found is undecided:
    /// absence is never evidence.
    init(_ findings: [Finding]) {
        let newestFirst = findings.sorted {
            let (left, right) = ($0.reading.subscription, $1.reading.subscription)
            return (left.created, left.id.rawValue) > (right.created, right.id.rawValue)
        }
        for finding in newestFirst {
            if case .entitled(let until, _) = finding.entitlement {
                self = .on(finding.reading, until: until)
                return
            }
        }
        for finding in newestFirst {
            if case .unknown(let why) = finding.entitlement {
                self = .undecided(why)
                return
            }
        }
        for finding in newestFirst {
            if case .ended(let reason) = finding.entitlement {
                self = .off(reason, finding.reading)
                return
            }
        }
        let counts = findings.contains { $0.reading.counts }
        self = .undecided(counts ? "the first payment is not made yet" : "no subscription to a plan was found")
    }
}
