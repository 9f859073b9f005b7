extension JSON {
    /// A value from its text, the members of objects in their order; nil for what `pretty` would not have written.
    init?(parsing text: String) {
        var reader = JSONReader(text)
        guard let value = reader.value(), reader.isAtEnd else { return nil }
        self = value
    }
}

/// Reads JSON from its first byte to its last.
private struct JSONReader {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) { rest = Array(text.utf8)[...] }

    /// Whether nothing follows but blanks.
    var isAtEnd: Bool { rest.allSatisfy { Self.isBlank($0) } }

    mutating func value() -> JSON? {
        skipBlanks()
        switch rest.first {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["): return list()
        case UInt8(ascii: "\""): return text().map { JSON.text($0) }
        default: return word()
        }
    }

    private mutating func object() -> JSON? {
        rest.removeFirst()
        var members: [JSON.Member] = []
        if take("}") { return .object([]) }
        repeat {
            skipBlanks()
            guard let name = text(), take(":"), let value = self.value() else { return nil }
            members.append(JSON.Member(name: name, value: value))
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func list() -> JSON? {
        rest.removeFirst()
        var elements: [JSON] = []
        if take("]") { return .list([]) }
        repeat {
            guard let value = self.value() else { return nil }
            elements.append(value)
        } while take(",")
        return take("]") ? .list(elements) : nil
    }

    private mutating func text() -> String? {
        guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(validating: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard let character = escaped() else { return nil }
                bytes += Array(String(character).utf8)
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        switch rest.popFirst() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let digits = rest.prefix(4)
            rest = rest.dropFirst(4)
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap { Unicode.Scalar($0) }
        default: return nil
        }
    }

    private mutating func word() -> JSON? {
        let word = rest.prefix { !Self.isBlank($0) && !",]}".utf8.contains($0) }
        rest = rest[word.endIndex...]
        let text = String(decoding: word, as: UTF8.self)
        switch text {
        case "null": return .null
        case "true": return .flag(true)
        case "false": return .flag(false)
        default:
            if let number = Int(text) { return .number(number) }
            return Double(text).flatMap { $0.isFinite ? .decimal($0) : nil }
        }
    }

    /// Takes a character, if it comes next.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipBlanks() { rest = rest.drop { Self.isBlank($0) } }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }
}
