/// How often the sandbox misbehaves in which ways.
struct ChaosProfile: Sendable, Equatable, Codable {
    /// When a kind strikes.
    enum Trigger: Sendable, Equatable, Codable {
        /// The share of events or calls, from 0 to 1.
        case probability(Double)
        /// The n-th, the 2n-th, and so on.
        case every(Int)
    }

    /// One kind's trigger and amounts.
    struct Rule: Sendable, Equatable, Codable {
        var trigger: Trigger
        /// Those that were given, by name.
        var amounts: [String: Double] = [:]
    }

    var isOn = true
    /// Nil leaves the sandbox's own.
    var seed: Int?
    var rules: [ChaosKind: Rule] = [:]

    /// An amount of a kind: the rule's, or the usual one.
    func amount(_ name: String, of kind: ChaosKind) -> Double {
        rules[kind]?.amounts[name] ?? kind.amounts.first(where: { $0.name == name })?.usual ?? 0
    }

    /// A bad day at Stripe, for those who only want to switch something on: a little of everything that heals by itself.
    static let badDay = ChaosProfile(rules: [
        .duplicated: Rule(trigger: .probability(0.2)), .reordered: Rule(trigger: .probability(0.2)),
        .delayed: Rule(trigger: .probability(0.1)), .rateLimited: Rule(trigger: .probability(0.05)),
        .failedBefore: Rule(trigger: .probability(0.05)), .timedOut: Rule(trigger: .probability(0.02), amounts: ["seconds": 2]),
    ])

    /// The profile as it would be given.
    var json: JSON {
        ["on": .flag(isOn), "seed": .optional(seed), "events": group("events"), "calls": group("calls")]
    }

    private func group(_ name: String) -> JSON {
        let members = ChaosKind.allCases.filter { $0.group == name }.compactMap { kind -> JSON.Member? in
            rules[kind].map { JSON.Member(name: kind.name, value: Self.described($0, of: kind)) }
        }
        return .object(members)
    }

    private static func described(_ rule: Rule, of kind: ChaosKind) -> JSON {
        var members: [JSON.Member] = []
        switch rule.trigger {
        case .probability(let share): members.append(JSON.Member(name: "probability", value: .decimal(share)))
        case .every(let number): members.append(JSON.Member(name: "every", value: .number(number)))
        }
        for amount in kind.amounts {
            let value = rule.amounts[amount.name] ?? amount.usual
            let given: JSON = amount.isChoice ? .flag(value != 0) : amount.isWhole ? .number(Int(value)) : .decimal(value)
            members.append(JSON.Member(name: amount.name, value: given))
        }
        return .object(members)
    }
}
