import Models

/// Reads JSON as RFC 8259 has it and no more, without recursion, so that no document can overflow a stack.
///
/// Beyond the grammar it refuses what different readers understand differently: a byte order mark, invalid UTF-8, a name twice in one
/// object, `\u0000`, half a surrogate pair, nesting deeper than `depthLimit`, and numbers longer than `longestNumber`.
struct JSONParser {
    static let depthLimit = 64
    /// More digits than any number of this system has; a Double needs 17.
    static let longestNumber = 64

    private let bytes: [UInt8]
    private var position = 0
    private var open: [Container] = []

    /// An array or object whose end has not been read.
    private struct Container {
        let isObject: Bool
        var items: [JSONValue] = []
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        var name: String?
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The value of a whole document.
    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { throw .init("begins with a byte order mark") }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .init("is not UTF-8") }
        var parser = JSONParser(bytes)
        return try parser.document()
    }

    private mutating func document() throws(JSONFault) -> JSONValue {
        while true {
            skipSpace()
            guard var value = try begin() else { continue }
            // A value is complete; with it perhaps the containers that it ends.
            while true {
                guard !open.isEmpty else {
                    skipSpace()
                    guard position == bytes.count else { throw fault("has something after its end") }
                    return value
                }
                add(value)
                guard let closed = try afterItem() else { break }
                value = closed
            }
        }
    }

    /// Reads a scalar or an empty container whole; of another container only the beginning, and answers nil.
    private mutating func begin() throws(JSONFault) -> JSONValue? {
        switch peek {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard open.count < Self.depthLimit else { throw fault("is nested deeper than \(Self.depthLimit)") }
            let isObject = peek == UInt8(ascii: "{")
            position += 1
            skipSpace()
            if peek == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                position += 1
                return isObject ? .object([]) : .array([])
            }
            open.append(Container(isObject: isObject))
            if isObject { try readName() }
            return nil
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func add(_ value: JSONValue) {
        let last = open.count - 1
        if let name = open[last].name {
            open[last].members.append(.init(name: name, value: value))
        } else {
            open[last].items.append(value)
        }
    }

    /// After an item: a comma (nil, another item follows) or the end of the container, which is answered.
    private mutating func afterItem() throws(JSONFault) -> JSONValue? {
        skipSpace()
        // Only the flag is looked at: a copy of the container would make every addition to it copy all of it.
        let isObject = open[open.count - 1].isObject
        switch peek {
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            if isObject { try readName() }
            return nil
        case UInt8(ascii: "}") where isObject:
            position += 1
            return .object(open.removeLast().members)
        case UInt8(ascii: "]") where !isObject:
            position += 1
            return .array(open.removeLast().items)
        default: throw fault("is not well formed")
        }
    }

    private mutating func readName() throws(JSONFault) {
        let name = try string()
        let last = open.count - 1
        guard open[last].names.insert(name).inserted else { throw fault("has the same name twice in one object", field: name) }
        open[last].name = name
        skipSpace()
        guard peek == UInt8(ascii: ":") else { throw fault("is not well formed") }
        position += 1
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONFault) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard peek == word.withUTF8Buffer({ $0[index] }) else { throw fault("is not well formed") }
            position += 1
        }
        return value
    }

    private mutating func number() throws(JSONFault) -> JSONValue {
        let start = position
        guard let end = JSONNumber.end(in: bytes, from: start) else { throw fault("is not well formed") }
        position = end
        guard end - start <= Self.longestNumber else { throw fault("holds a number of more than \(Self.longestNumber) characters") }
        return .number(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private mutating func string() throws(JSONFault) -> String {
        guard peek == UInt8(ascii: "\"") else { throw fault("is not well formed") }
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw fault("holds a control character in a string")
            default: text.append(byte)
            }
        }
        throw fault("ends in the middle of a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
        let kind = peek
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind!)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: UTF8.encode(try scalar())!)
        default: throw fault("holds an unknown escape in a string")
        }
    }

    /// The scalar behind `\u`, with its second half where it is one of a surrogate pair.
    private mutating func scalar() throws(JSONFault) -> Unicode.Scalar {
        let first = try fourHexadecimalDigits()
        guard first != 0 else { throw fault("holds \\u0000, which cannot be stored") }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, peek == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") else {
            throw fault("holds half a surrogate pair")
        }
        position += 2
        let second = try fourHexadecimalDigits()
        guard (0xDC00...0xDFFF).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) else {
            throw fault("holds half a surrogate pair")
        }
        return scalar
    }

    private mutating func fourHexadecimalDigits() throws(JSONFault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("holds an unknown escape in a string")
            }
            value = value << 4 + UInt32(digit)
            position += 1
        }
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// The innermost name that was being read is the field to name.
    private func fault(_ reason: String, field: String? = nil) -> JSONFault {
        JSONFault(reason, field: field ?? open.last { $0.name != nil }?.name)
    }
}
