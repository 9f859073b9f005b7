import Models
import Testing

@testable import ServiceKit

@Suite("Strict JSON")
struct JSONParserTests {
    @Test(
        "what RFC 8259 allows is read",
        arguments: [
            "{}", "[]", " [1 , 2.5,-0,1e3,1E-2 ] ", #"{"a":{"b":[null,true,false]}}"#, #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, "0",
            #"{"":1,"a ":2}"#, "\"\u{7F}é😀\"",
        ])
    func accepted(text: String) throws {
        _ = try JSONParser.parse(Array(text.utf8))
    }

    @Test(
        "everything else is refused",
        arguments: [
            "", " ", "{", "[", "}", "]", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1}",
            "{\"a\":1]",
            "01", "+1", "1.", ".5", "1e", "-", "0x10", "NaN", "Infinity", "-Infinity", "nul", "truefalse", "1 2", "{}{}", "\"", "\"\\",
            "\"\\u12\"", "\"\\x41\"", "\"\n\"", "\"\t\"", "// c\n1", "[1]/**/", "\u{FEFF}{}", #""\u0000""#, #"{"\u0000":1}"#, #""\ud83d""#,
            #""\ude00""#, #""\ud83dA""#, #""\ud83d\u0041""#, #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"b":1,"b":1}}]"#,
        ])
    func refused(text: String) {
        #expect(throws: JSONFault.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]])
    func invalid(bytes: [UInt8]) {
        #expect(throws: JSONFault.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
    }

    @Test("64 levels are read, more are refused, and no depth ends the process", arguments: [65, 160, 300, 511, 513, 100_000, 1_000_000])
    func depth(levels: Int) throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            _ = try JSONParser.parse(Array((String(repeating: open, count: 64) + "1" + String(repeating: close, count: 64)).utf8))
            let deep = String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
            #expect(throws: JSONFault.self) { try JSONParser.parse(Array(deep.utf8)) }
            #expect(throws: JSONFault.self) { try JSONParser.parse(Array(String(repeating: open, count: levels).utf8)) }
        }
    }

    @Test("very long numbers and very many names are dealt with in linear time")
    func large() throws {
        #expect(throws: JSONFault.self) { try JSONParser.parse([UInt8](repeating: 0x39, count: 10_000_000)) }
        let many = "{" + (0..<100_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        guard case .object(let members) = try JSONParser.parse(Array(many.utf8)) else { throw JSONFault("is no object") }
        #expect(members.count == 100_000)
    }

    @Test("values come out as they went in")
    func values() throws {
        let value = try JSONParser.parse(Array(#"{"n":1e3,"i":-7,"s":"a\ud83d\ude00\n","l":[1,[]],"o":{"x":null},"b":true}"#.utf8))
        #expect(value["n"] == .number("1e3"))
        #expect(value["n"]?.wholeNumber == nil)
        #expect(value["i"]?.wholeNumber == -7)
        #expect(value["s"]?.text == "a😀\n")
        #expect(value["l"] == .array([.number("1"), .array([])]))
        #expect(value["o"] == .object([.init(name: "x", value: .null)]))
        #expect(value["b"] == .bool(true))
        #expect(value["absent"] == nil)
    }

    @Test("base64url has one text for each value", arguments: [[], [0], [255, 254], [1, 2, 3], Array(0...255)] as [[UInt8]])
    func base64(bytes: [UInt8]) {
        #expect(Base64URL.decode(Base64URL.encode(bytes).utf8) == bytes)
    }

    @Test("base64url of another form is refused", arguments: ["A", "AA==", "AB", "A+A=", "AA/A", "AA AA", "AA\nAA", "AAB", "é"])
    func otherBase64(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}
