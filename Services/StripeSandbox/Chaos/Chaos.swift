/// Decides what goes wrong, and counts what did.
struct Chaos: Sendable, Codable {
    private(set) var profile: ChaosProfile
    let seed: Int
    private let dice: ChaosDice
    private(set) var counts: [ChaosKind: Int] = [:]
    /// How many events and calls were decided on.
    private(set) var events = 0
    private(set) var calls = 0

    init(_ profile: ChaosProfile, seed: Int) {
        self.profile = profile
        self.seed = profile.seed ?? seed
        dice = ChaosDice(seed: self.seed)
    }

    /// Whether older states of the account will be asked for.
    var looksBack: Bool { profile.isOn && profile.rules[.stale] != nil }

    /// Stops all mischief, or lets it go on where it stopped.
    mutating func turn(on: Bool) { profile.isOn = on }

    mutating func count(_ kind: ChaosKind) { counts[kind, default: 0] += 1 }

    /// What becomes of the event just made.
    mutating func fateOfNextEvent() -> EventFate {
        var fate = EventFate()
        guard profile.isOn else { return fate }
        events += 1
        if strikes(.neverMade, events) {
            count(.neverMade)
            fate.isMade = false
            return fate
        }
        if strikes(.dropped, events) {
            count(.dropped)
            fate.isDropped = true
            return fate
        }
        if strikes(.duplicated, events) {
            count(.duplicated)
            fate.copies = Int(profile.amount("copies", of: .duplicated))
        }
        if strikes(.reordered, events) {
            count(.reordered)
            fate.behind = dice.pick(1...Int(profile.amount("behind", of: .reordered)), "events.reordered.behind", events)
            fate.heldSeconds = profile.amount("seconds", of: .reordered)
        }
        if strikes(.delayed, events) {
            count(.delayed)
            fate.delay = profile.amount("seconds", of: .delayed) * dice.roll("events.delayed.seconds", events)
        }
        return fate
    }

    /// What goes wrong with the call that has just come; nil for most.
    mutating func troubleOfNextCall(_ method: String) -> CallTrouble? {
        guard profile.isOn else { return nil }
        calls += 1
        let possible = ChaosKind.calls.filter { $0 != .stale || method == "GET" }
        guard let kind = possible.first(where: { strikes($0, calls) }), let trouble = makeTrouble(kind) else { return nil }
        // Whether there is anything older to answer is seen later.
        if kind != .stale { count(kind) }
        return trouble
    }

    private func strikes(_ kind: ChaosKind, _ ordinal: Int) -> Bool {
        switch profile.rules[kind]?.trigger {
        case .probability(let share)?: dice.roll(kind.rawValue, ordinal) < share
        case .every(let number)?: ordinal % number == 0
        case nil: false
        }
    }

    private func makeTrouble(_ kind: ChaosKind) -> CallTrouble? {
        func amount(_ name: String) -> Double { profile.amount(name, of: kind) }
        return switch kind {
        case .rateLimited: .rateLimited(retryAfter: Int(amount("retry_after")))
        case .failedBefore: .failedBefore
        case .failedAfter: .failedAfter(replayed: amount("replayed") != 0)
        case .timedOut: .timedOut(seconds: amount("seconds"), executed: amount("executed") != 0)
        case .stale: .stale(changes: dice.pick(1...Int(amount("changes")), "calls.stale.changes", calls), seconds: amount("seconds"))
        case .cutOff: .cutOff
        case .notJSON: .notJSON
        case .html: .html
        case .neverMade, .dropped, .duplicated, .reordered, .delayed: nil
        }
    }

    /// The profile, and what was done so far.
    var json: JSON {
        let done = ChaosKind.allCases.map { JSON.Member(name: $0.rawValue, value: .number(counts[$0] ?? 0)) }
        return [
            "seed": .number(seed), "profile": profile.json, "counts": .object(done),
            "decided": ["events": .number(events), "calls": .number(calls)],
        ]
    }
}
