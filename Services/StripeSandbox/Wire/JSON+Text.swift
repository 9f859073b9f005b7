extension JSON {
    /// The value as Stripe writes it: two spaces of indentation, `"name": value`, text in UTF-8 unescaped.
    var pretty: String {
        var text = ""
        write(to: &text, indentation: "\n")
        return text
    }

    private func write(to text: inout String, indentation: String) {
        switch self {
        case .null: text += "null"
        case .flag(let flag): text += flag ? "true" : "false"
        case .number(let number): text += String(number)
        case .decimal(let number): text += String(number)
        case .text(let value): Self.write(value, to: &text)
        case .list(let elements):
            if elements.isEmpty {
                text += "[]"
                return
            }
            text += "["
            for (index, element) in elements.enumerated() {
                text += index == 0 ? indentation + "  " : "," + indentation + "  "
                element.write(to: &text, indentation: indentation + "  ")
            }
            text += indentation + "]"
        case .object(let members):
            if members.isEmpty {
                text += "{}"
                return
            }
            text += "{"
            for (index, member) in members.enumerated() {
                text += index == 0 ? indentation + "  " : "," + indentation + "  "
                Self.write(member.name, to: &text)
                text += ": "
                member.value.write(to: &text, indentation: indentation + "  ")
            }
            text += indentation + "}"
        }
    }

    private static func write(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
