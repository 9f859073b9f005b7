/// A JSON document as it was written: numbers keep their text, members their order.
enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The literal itself, so that `1`, `1.0` and `1e0` can be told apart.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One name and its value; the parser has made sure that no name occurs twice in an object.
    struct Member: Equatable, Sendable {
        let name: String
        let value: JSONValue
    }

    /// The value of a member; nil where this is no object or has no such member.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text of a string.
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A number written as plain digits, perhaps with a minus: neither `1.0` nor `1e3`.
    var wholeNumber: Int? {
        if case .number(let literal) = self { Int(literal) } else { nil }
    }

    /// Where the first number stands whose literal `matches`, such as `items[1].amount`; nil when none does.
    func path(toNumber matches: (String) -> Bool) -> String? {
        switch self {
        case .number(let literal): return matches(literal) ? "" : nil
        case .array(let items):
            for (index, item) in items.enumerated() {
                if let rest = item.path(toNumber: matches) { return "[\(index)]" + rest }
            }
            return nil
        case .object(let members):
            for member in members {
                guard let rest = member.value.path(toNumber: matches) else { continue }
                return member.name + (rest.isEmpty || rest.hasPrefix("[") ? rest : "." + rest)
            }
            return nil
        case .null, .bool, .string: return nil
        }
    }
}
