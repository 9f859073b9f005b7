import Models

/// Reads JSON into values, without recursion.
///
/// Beyond the grammar it refuses what different readers understand differently: a byte order mark, a name twice in one object, `\u0000`, half a
/// surrogate pair, and numbers longer than `longestNumber`.
struct JSONParser {
    /// More digits than any number of this system has; a Double needs 17.
    static let longestNumber = 64

    private var tokens: JSONTokenizer
    private var open: [Container] = []
    private var whole: JSONValue?

    /// An array or object whose end has not been read.
    private struct Container {
        let isObject: Bool
        var items: [JSONValue] = []
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        var name: String?

        var value: JSONValue { isObject ? .object(members) : .array(items) }
    }

    private init(_ bytes: [UInt8]) {
        tokens = JSONTokenizer(bytes)
    }

    /// The value of a whole document.
    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { throw JSONFault("begins with a byte order mark") }
        var parser = JSONParser(bytes)
        do {
            while let token = try parser.tokens.next() { try parser.take(token) }
        } catch {
            // The innermost name that was being read is the field to name.
            throw JSONFault(error.reason, field: error.field ?? parser.open.last { $0.name != nil }?.name)
        }
        guard let value = parser.whole else { throw JSONFault("holds nothing") }
        return value
    }

    private mutating func take(_ token: JSONTokenizer.Token) throws(JSONFault) {
        switch token {
        case .beginning(let isObject): open.append(Container(isObject: isObject))
        case .end: add(open.removeLast().value)
        case .name(let text): try begin(try string(text))
        case .text(let text): add(.string(try string(text)))
        case .number(let place):
            guard place.count <= Self.longestNumber else { throw JSONFault("holds a number of more than \(Self.longestNumber) characters") }
            add(.number(String(decoding: tokens.bytes[place], as: UTF8.self)))
        case .flag(let flag): add(.bool(flag))
        case .null: add(.null)
        }
    }

    private mutating func add(_ value: JSONValue) {
        let last = open.count - 1
        // Only parts are looked at: a copy of the container would make every addition to it copy all of it.
        if last < 0 {
            whole = value
        } else if let name = open[last].name {
            open[last].members.append(.init(name: name, value: value))
        } else {
            open[last].items.append(value)
        }
    }

    private mutating func begin(_ name: String) throws(JSONFault) {
        let last = open.count - 1
        guard open[last].names.insert(name).inserted else { throw JSONFault("has the same name twice in one object", field: name) }
        open[last].name = name
    }

    /// What a text stands for.
    private func string(_ text: JSONTokenizer.Text) throws(JSONFault) -> String {
        let written = tokens.bytes[text.place]
        guard text.isEscaped else { return String(decoding: written, as: UTF8.self) }
        var bytes: [UInt8] = []
        var place = written.startIndex
        while place < written.endIndex {
            if written[place] == UInt8(ascii: "\\") {
                place = try escape(at: place, into: &bytes)
            } else {
                bytes.append(written[place])
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Adds what the escape at `place` stands for; the place behind it.
    private func escape(at place: Int, into text: inout [UInt8]) throws(JSONFault) -> Int {
        let kind = tokens.bytes[place + 1]
        switch kind {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let (scalar, end) = try scalar(at: place)
            text.append(contentsOf: UTF8.encode(scalar)!)
            return end
        default: text.append(kind)
        }
        return place + 2
    }

    /// The scalar behind `\u`, with its second half where it is one of a surrogate pair, and the place behind it.
    private func scalar(at place: Int) throws(JSONFault) -> (Unicode.Scalar, end: Int) {
        let first = JSONTokenizer.unit(at: place, in: tokens.bytes) ?? 0
        guard first != 0 else { throw JSONFault("holds \\u0000, which cannot be stored") }
        if let scalar = Unicode.Scalar(first) { return (scalar, place + 6) }
        guard first < 0xDC00, let second = JSONTokenizer.unit(at: place + 6, in: tokens.bytes), (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + UInt32(first - 0xD800) << 10 + UInt32(second - 0xDC00))
        else { throw JSONFault("holds half a surrogate pair") }
        return (scalar, place + 12)
    }
}
