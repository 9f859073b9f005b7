/// A JSON value that keeps the order of its members, so that bodies look as Stripe's do.
///
/// Stripe's API has no fractions outside strings; the control calls do.
enum JSON: Sendable, Equatable {
    case null
    case flag(Bool)
    case number(Int)
    /// Never a NaN or an infinity, which JSON cannot say.
    case decimal(Double)
    case text(String)
    case list([JSON])
    case object([Member])

    /// One name and its value.
    struct Member: Sendable, Equatable {
        var name: String
        var value: JSON
    }

    /// A string, or null.
    static func optional(_ value: String?) -> JSON { value.map(JSON.text) ?? .null }

    /// An integer, or null.
    static func optional(_ value: Int?) -> JSON { value.map(JSON.number) ?? .null }

    /// Stripe's `metadata`: an object of strings, by key.
    static func metadata(_ values: [String: String]) -> JSON {
        .object(values.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: .text($0.value)) })
    }

    /// An API resource as Stripe orders it: `id`, `object`, then the rest by name; `nulls` are names that are always null here.
    static func resource(id: String?, object: String, _ members: JSON, nulls: [String] = []) -> JSON {
        var rest = members.members + nulls.map { Member(name: $0, value: .null) }
        rest.sort { $0.name < $1.name }
        let head = (id.map { [Member(name: "id", value: .text($0))] } ?? []) + [Member(name: "object", value: .text(object))]
        return .object(head + rest)
    }

    /// The members of an object; none for anything else.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// The elements of a list; none for anything else.
    var elements: [JSON] {
        if case .list(let elements) = self { elements } else { [] }
    }

    /// The string itself; nil for anything else.
    var string: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The integer itself; nil for anything else.
    var integer: Int? {
        if case .number(let number) = self { number } else { nil }
    }

    /// A member of an object. Setting a new name appends it; setting nil removes it.
    subscript(name: String) -> JSON? {
        get { members.first { $0.name == name }?.value }
        set {
            guard case .object(var members) = self else { return }
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
            self = .object(members)
        }
    }

    /// What `after` changed, as Stripe's `previous_attributes` tells it: the old values of changed members, objects member by
    /// member, arrays whole. Members that are new have the old value null.
    static func previousAttributes(before: JSON, after: JSON) -> JSON {
        var changes: [Member] = []
        for member in after.members {
            let old = before[member.name] ?? .null
            guard old != member.value else { continue }
            if case .object(let oldMembers) = old, case .object = member.value, !oldMembers.isEmpty {
                changes.append(Member(name: member.name, value: previousAttributes(before: old, after: member.value)))
            } else {
                changes.append(Member(name: member.name, value: old))
            }
        }
        let gone = before.members.filter { after[$0.name] == nil }
        return .object(changes + gone)
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member(name: $0.0, value: $0.1) }) }
    init(arrayLiteral elements: JSON...) { self = .list(elements) }
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(nilLiteral: ()) { self = .null }
}

extension JSON {
    /// The object with more members.
    func adding(_ other: JSON) -> JSON { .object(members + other.members) }
}
