/// JSON as RFC 8259 has it, token by token: what is not well formed, not UTF-8 or nested deeper than `deepest` is refused.
///
/// Without recursion, so no document can overflow a stack, and nothing is built: what a text stands for, and whether a name may be there twice,
/// is for whoever reads the tokens.
package struct JSONTokenizer {
    /// How many arrays and objects may be open at once. A recursive decoder overflows the stack of a cooperative thread at a few hundred.
    package static let deepest = 64

    /// The next part of a document.
    package enum Token {
        /// The name of a member, whose value comes next.
        case name(Text)
        case text(Text)
        /// The place of a number.
        case number(Range<Int>)
        case flag(Bool)
        case null
        case beginning(isObject: Bool)
        case end
    }

    /// A text as it is written.
    package struct Text {
        /// Where it is, without its quotes.
        package let place: Range<Int>
        /// Whether it has a backslash, and stands for something else than its bytes.
        package let isEscaped: Bool
    }

    /// The document, in which the tokens' places are.
    package let bytes: [UInt8]
    /// How many arrays and objects are open.
    package private(set) var depth = 0
    private var position = 0
    /// For each depth, whether what is open there is an object.
    private var objects: UInt64 = 0
    private var state = State.expecting
    private var hasOtherThanASCII = false

    private enum State {
        /// Nothing has been read, or a name: a value comes.
        case expecting
        /// Something has just been opened: an item comes, or its end.
        case opened
        /// Behind a value: a comma comes, or the end of what is open.
        case behind
    }

    /// The tokens of a whole document.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads all of a document and keeps nothing: to be called before a decoder that recurses.
    package static func check(_ bytes: [UInt8]) throws(JSONFault) {
        var tokens = JSONTokenizer(bytes)
        while try tokens.next() != nil {}
    }

    /// The next token; nil at the end of the document.
    package mutating func next() throws(JSONFault) -> Token? {
        skipSpace()
        switch state {
        case .expecting: return try value()
        case .behind where depth == 0:
            try finish()
            return nil
        case .opened, .behind: return try item()
        }
    }

    /// The next item of what is open, or its end.
    private mutating func item() throws(JSONFault) -> Token {
        let isObject = objects & (1 << UInt64(depth - 1)) != 0
        if peek == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            position += 1
            depth -= 1
            state = .behind
            return .end
        }
        if state == .behind {
            try take(UInt8(ascii: ","))
            skipSpace()
        }
        guard isObject else { return try value() }
        let name = try text()
        skipSpace()
        try take(UInt8(ascii: ":"))
        state = .expecting
        return .name(name)
    }

    /// A scalar whole, of an array or object the beginning.
    private mutating func value() throws(JSONFault) -> Token {
        let first = peek
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return try open(isObject: first == UInt8(ascii: "{")) }
        state = .behind
        switch first {
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func open(isObject: Bool) throws(JSONFault) -> Token {
        guard depth < Self.deepest else { throw JSONFault("is nested deeper than \(Self.deepest)") }
        let bit: UInt64 = 1 << UInt64(depth)
        objects = isObject ? objects | bit : objects & ~bit
        depth += 1
        position += 1
        state = .opened
        return .beginning(isObject: isObject)
    }

    /// Only texts can hold bytes beyond ASCII, and they are judged all at once.
    private func finish() throws(JSONFault) {
        guard position == bytes.count else { throw JSONFault("has something after its end") }
        if hasOtherThanASCII, String(validating: bytes, as: UTF8.self) == nil { throw JSONFault("is not UTF-8") }
    }

    private mutating func text() throws(JSONFault) -> Text {
        try take(UInt8(ascii: "\""))
        let start = position
        var isEscaped = false
        while true {
            let (end, isASCII) = Self.endOfPlainText(bytes.span, from: position)
            if !isASCII { hasOtherThanASCII = true }
            position = end
            switch peek {
            case UInt8(ascii: "\""):
                position += 1
                return Text(place: start..<end, isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                try skipEscape()
            case nil: throw JSONFault("ends in the middle of a string")
            default: throw JSONFault("holds a control character in a string")
            }
        }
    }

    /// The place of the next quote, backslash or control character, or the end. Nearly all bytes of a document are passed here.
    private static func endOfPlainText(_ bytes: borrowing Span<UInt8>, from start: Int) -> (end: Int, isASCII: Bool) {
        var place = start
        var seen: UInt8 = 0
        while place < bytes.count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            seen |= byte
            place += 1
        }
        return (place, seen < 0x80)
    }

    private mutating func skipEscape() throws(JSONFault) {
        position += 1
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            guard Self.unit(at: position - 1, in: bytes) != nil else { throw JSONFault("holds an unknown escape in a string") }
            position += 5
        default: throw JSONFault("holds an unknown escape in a string")
        }
    }

    /// The UTF-16 unit that an escape at `place` stands for, `\u` and four hexadecimal digits; nil where there is none.
    package static func unit(at place: Int, in bytes: [UInt8]) -> UInt16? {
        guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[(place + 2)..<(place + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// No leading zero, no plus, digits on both sides of a point.
    private mutating func number() throws(JSONFault) -> Range<Int> {
        let start = position
        _ = skip("-")
        guard skip("0") || skipDigits() else { throw JSONFault.malformed }
        if skip("."), !skipDigits() { throw JSONFault.malformed }
        if skip("eE") {
            _ = skip("+-")
            guard skipDigits() else { throw JSONFault.malformed }
        }
        return start..<position
    }

    private mutating func skipDigits() -> Bool {
        let first = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > first
    }

    private mutating func skip(_ marks: StaticString) -> Bool {
        guard let byte = peek, marks.withUTF8Buffer({ $0.contains(byte) }) else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ token: Token) throws(JSONFault) -> Token {
        for index in 0..<word.utf8CodeUnitCount { try take(word.withUTF8Buffer { $0[index] }) }
        return token
    }

    private mutating func take(_ byte: UInt8) throws(JSONFault) {
        guard peek == byte else { throw JSONFault.malformed }
        position += 1
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        position = Self.endOfSpace(bytes.span, from: position)
    }

    private static func endOfSpace(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
        var place = start
        while place < bytes.count {
            let byte = bytes[place]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            place += 1
        }
        return place
    }
}

/// Why a document is not JSON that this system accepts.
package struct JSONFault: Error, Equatable, CustomStringConvertible {
    /// The rest of a sentence that begins with "the body".
    package let reason: String
    /// The member being read when the fault was found.
    package let field: String?

    /// A fault in general, or at a member.
    package init(_ reason: String, field: String? = nil) {
        self.reason = reason
        self.field = field
    }

    static let malformed = JSONFault("is not well formed")

    /// The reason.
    package var description: String { reason }
}
