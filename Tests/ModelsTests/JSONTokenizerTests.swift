import Models
import Testing

@Suite("JSON, token by token")
struct JSONTokenizerTests {
    /// The tokens of a document, a word each.
    private static func words(_ json: String) throws -> [String] {
        var tokens = JSONTokenizer(Array(json.utf8))
        var words: [String] = []
        func text(_ place: Range<Int>) -> String { String(decoding: tokens.bytes[place], as: UTF8.self) }
        while let token = try tokens.next() {
            switch token {
            case .name(let name): words.append("\(text(name.place))=")
            case .text(let value): words.append("'\(text(value.place))'" + (value.isEscaped ? "!" : ""))
            case .number(let place): words.append(text(place))
            case .flag(let flag): words.append("\(flag)")
            case .null: words.append("null")
            case .beginning(let isObject): words.append((isObject ? "{" : "[") + "\(tokens.depth)")
            case .end: words.append("end\(tokens.depth)")
            }
        }
        return words
    }

    @Test("tells what stands there, in its order, and how deep")
    func order() throws {
        #expect(
            try Self.words(#" {"a" : [ 1 , -2.5e+3,{}],"b\n":"x\"", "c":[[],true,false,null] } "#) == [
                "{1", "a=", "[2", "1", "-2.5e+3", "{3", "end2", "end1", #"b\n="#, #"'x\"'!"#, "c=", "[2", "[3", "end2", "true", "false",
                "null",
                "end1", "end0",
            ])
        #expect(try Self.words("0") == ["0"])
        #expect(try Self.words(#""é😀""#) == ["'é😀'"])
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("", "is not well formed"), ("{\"a\" 1}", "is not well formed"), ("[1,]", "is not well formed"), ("[1}", "is not well formed"),
            ("01", "has something after its end"), ("1 2", "has something after its end"), ("-", "is not well formed"),
            ("1.", "is not well formed"),
            ("nul", "is not well formed"), ("{,}", "is not well formed"), ("\"a", "ends in the middle of a string"),
            ("\"\n\"", "holds a control character in a string"), (#""\x""#, "holds an unknown escape in a string"),
            (#""\u12g4""#, "holds an unknown escape in a string"), (#""\u12"#, "holds an unknown escape in a string"),
        ])
    func faults(json: String, reason: String) {
        #expect(throws: JSONFault(reason)) { try JSONTokenizer.check(Array(json.utf8)) }
    }

    @Test("is UTF-8 to its last byte", arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]])
    func encoding(bytes: [UInt8]) {
        #expect(throws: JSONFault("is not UTF-8")) { try JSONTokenizer.check([0x22] + bytes + [0x22]) }
    }

    @Test("nests at most 64 deep, and no depth ends the process", arguments: [(64, true), (65, false), (100_000, false)])
    func depth(levels: Int, isAllowed: Bool) throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = open == "[" ? "" : "1"
            let json = Array((String(repeating: open, count: levels) + inner + String(repeating: close, count: levels)).utf8)
            if isAllowed {
                try JSONTokenizer.check(json)
            } else {
                #expect(throws: JSONFault("is nested deeper than 64")) { try JSONTokenizer.check(json) }
            }
        }
    }

    @Test("brackets in strings do not count")
    func bracketsInStrings() throws {
        try JSONTokenizer.check(Array((#"{"a\"[":""# + String(repeating: "[", count: 200) + #""}"#).utf8))
    }
}
