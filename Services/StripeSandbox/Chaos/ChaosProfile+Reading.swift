import Foundation

extension ChaosProfile {
    /// A profile from its JSON; nothing in it is overlooked.
    ///
    /// - Throws: `ChaosProfileError`, naming every field that is unknown or wrong.
    init(data: Data) throws(ChaosProfileError) {
        guard let json = try? JSONDecoder().decode(JSON.self, from: data) else {
            throw ChaosProfileError(problems: ["the profile is not JSON"])
        }
        var reader = ChaosProfileReader()
        let profile = reader.read(json)
        guard reader.problems.isEmpty else { throw ChaosProfileError(problems: reader.problems) }
        self = profile
    }
}

/// What is wrong with a profile.
struct ChaosProfileError: Error, Equatable, CustomStringConvertible {
    /// One sentence for each field.
    let problems: [String]

    var description: String { problems.joined(separator: "; ") }
}

/// Reads a profile and notes whatever is wrong with it.
private struct ChaosProfileReader {
    private(set) var problems: [String] = []

    mutating func read(_ json: JSON) -> ChaosProfile {
        var profile = ChaosProfile()
        guard case .object(let members) = json else {
            problems.append("the profile is not an object")
            return profile
        }
        for member in members {
            switch member.name {
            case "on":
                if case .flag(let flag) = member.value { profile.isOn = flag } else { problems.append("on is not true or false") }
            case "seed": profile.seed = seed(member.value)
            case "events", "calls": readGroup(member, into: &profile)
            default: problems.append("\(member.name) is not known")
            }
        }
        return profile
    }

    private mutating func seed(_ json: JSON) -> Int? {
        if json == .null { return nil }
        if let seed = json.integer, seed >= 0 { return seed }
        problems.append("seed is not a whole number from 0")
        return nil
    }

    private mutating func readGroup(_ group: JSON.Member, into profile: inout ChaosProfile) {
        guard case .object(let members) = group.value else {
            problems.append("\(group.name) is not an object")
            return
        }
        for member in members {
            if let kind = ChaosKind(rawValue: "\(group.name).\(member.name)") {
                profile.rules[kind] = rule(member.value, of: kind)
            } else {
                problems.append("\(group.name).\(member.name) is not known")
            }
        }
    }

    private mutating func rule(_ json: JSON, of kind: ChaosKind) -> ChaosProfile.Rule? {
        guard case .object(let members) = json else {
            problems.append("\(kind.rawValue) is not an object")
            return nil
        }
        var triggers: [ChaosProfile.Trigger?] = []
        var amounts: [String: Double] = [:]
        for member in members {
            let name = "\(kind.rawValue).\(member.name)"
            switch member.name {
            case "probability":
                triggers.append(number(member.value, name, 0...1).map(ChaosProfile.Trigger.probability))
            case "every":
                triggers.append(number(member.value, name, 1...1_000_000, isWhole: true).map { ChaosProfile.Trigger.every(Int($0)) })
            default:
                if let amount = kind.amounts.first(where: { $0.name == member.name }) {
                    amounts[amount.name] = self.amount(member.value, name, amount)
                } else {
                    problems.append("\(name) is not known")
                }
            }
        }
        if triggers.count != 1 { problems.append("\(kind.rawValue) needs probability or every, and one of them only") }
        return triggers.compactMap(\.self).first.map { ChaosProfile.Rule(trigger: $0, amounts: amounts) }
    }

    private mutating func amount(_ json: JSON, _ name: String, _ amount: ChaosKind.Amount) -> Double? {
        guard amount.isChoice else { return number(json, name, amount.range, isWhole: amount.isWhole) }
        if case .flag(let flag) = json { return flag ? 1 : 0 }
        problems.append("\(name) is not true or false")
        return nil
    }

    private mutating func number(_ json: JSON, _ name: String, _ range: ClosedRange<Double>, isWhole: Bool = false) -> Double? {
        var value: Double?
        if case .number(let number) = json { value = Double(number) }
        if case .decimal(let number) = json { value = number }
        if let value, range.contains(value), !isWhole || value == value.rounded() { return value }
        let kind = isWhole ? "a whole number" : "a number"
        problems.append("\(name) is not \(kind) from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))")
        return nil
    }

    private static func text(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}
