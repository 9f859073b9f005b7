import Foundation
import Models

/// The state of a user's access before a decision.
struct AccessState: Sendable, Hashable {
    var wanted: AccessLevel
    var generation: Int64
    var entitledUntil: Date?
    /// While a stop is held down: when it may be confirmed.
    var stopDueAt: Date?
}

/// What is to be done about a user's access: a pure function of what was read, what is, and the time.
enum AccessDecision: Sendable, Hashable {
    /// Everything stays as it is; a stop that was held down is called off.
    case keep(AccessLevel, until: Date?)
    /// The VM is to stop unless a second read, not before this time, says otherwise.
    case hold(StopReason, AccessPolicy.Reading, until: Date)
    /// The VM may run from now on.
    case start(AccessPolicy.Reading)
    /// The VM must stop now.
    case stop(StopReason, AccessPolicy.Reading)
    /// Nothing can be decided now; read again later.
    case undecided(String)

    /// A start is immediate and calls off a stop that is held down. A stop takes two reads that say so, the second after the hold-down.
    /// Who is off and was never on gets no stop.
    init(_ verdict: Verdict, state: AccessState, now: Date, holdDown: Duration) {
        switch (verdict, state.wanted) {
        case (.on(let reading), .on): self = .keep(.on, until: reading.entitledUntil)
        case (.on(let reading), .off): self = .start(reading)
        case (.off, .off): self = .keep(.off, until: nil)
        case (.off(let reason, let reading), .on):
            if let due = state.stopDueAt {
                self = now >= due ? .stop(reason, reading) : .hold(reason, reading, until: due)
            } else {
                self = .hold(reason, reading, until: now.addingTimeInterval(holdDown / .seconds(1)))
            }
        case (.undecided, .off): self = .keep(.off, until: nil)
        case (.undecided(let why), .on): self = .undecided(why)
        }
    }
}
