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
    case hold(StopReason, until: Date)
    /// The VM may run from now on.
    case start(SubscriptionReading, until: Date?)
    /// The VM must stop now.
    case stop(StopReason, SubscriptionReading)
    /// Nothing can be decided now; read again later.
    case undecided(String)

    /// So many hold-downs after its beginning a hold is no more the first of two reads that belong together.
    private static let holdsValid = 10.0

    /// A start is immediate and calls off a stop that is held down. A stop takes two reads that say so, the second after the hold-down and
    /// before it is forgotten what the first said. Who is off and was never on gets no stop. By Stripe's clock it is `now`, and was `asked` when
    /// the first question of this read went out.
    init(_ verdict: Verdict, state: AccessState, asked: Date, now: Date, holdDown: Duration) {
        let wait = holdDown / .seconds(1)
        switch (verdict, state.wanted) {
        case (.on(_, let until), .on): self = .keep(.on, until: until)
        case (.on(let reading, let until), .off): self = .start(reading, until: until)
        case (.off, .off): self = .keep(.off, until: nil)
        case (.off(let reason, let reading), .on):
            guard let due = state.stopDueAt, now <= due.addingTimeInterval(wait * (Self.holdsValid - 1)) || wait == 0 else {
                self = .hold(reason, until: now.addingTimeInterval(wait))
                return
            }
            self = asked >= due ? .stop(reason, reading) : .hold(reason, until: due)
        case (.undecided, .off): self = .keep(.off, until: nil)
        case (.undecided(let why), .on): self = .undecided(why)
        }
    }

    /// When to look again though no event comes; nil for nobody to look at: who is off, and whose every subscription has ended.
    ///
    /// Whoever is on is looked at when the state is known to change, and at least daily. A change that is late (Stripe takes its time, or its
    /// event was all there was) is looked for again, each time after as long as it is late. Who is off though something was `heard` of them is
    /// looked at once more soon: what Stripe answered may have been older than what it said, and then a payer would wait.
    func nextLook(after findings: [Finding], heard: Bool, now: Date) -> Date? {
        let daily = now.addingTimeInterval(86_400)
        let changes: [Date]
        switch self {
        case .hold(_, let due): return due
        case .keep(.on, _), .start:
            changes = findings.compactMap { if case .entitled(_, let change) = $0.entitlement { change } else { nil } }
        case .keep(.off, _), .stop, .undecided:
            let again = heard ? now.addingTimeInterval(60) : nil
            let mayReturn = findings.map(\.reading).filter { $0.counts && !$0.subscription.status.isEnded }
            if mayReturn.isEmpty { return again }
            changes = mayReturn.compactMap { $0.subscription.pauseCollection?.resumesAt } + [again].compactMap(\.self)
        }
        return changes.map { $0 > now ? $0 : now.addingTimeInterval(max(60, now.timeIntervalSince($0))) }.reduce(daily, min)
    }
}
