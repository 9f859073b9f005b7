import Testing

@testable import StripeSandbox

@Suite("JSON from its text")
struct JSONParsingTests {
    @Test(
        "is what was written, the members in their order",
        arguments: [
            [:], [], nil, true, -5, .decimal(0.1), .decimal(5), .decimal(1e300), "", "a \"b\" \\ \n\r\t\u{1}\0 é 🂡",
            ["z": 1, "a": ["y": [1, [], [:], nil], "b": "x"], "": false],
        ] as [JSON])
    func roundTrip(value: JSON) {
        #expect(JSON(parsing: value.pretty) == value)
    }

    @Test(
        "is nothing where the text is none",
        arguments: ["", "{", "[1,]", "[1 2]", "{\"a\" 1}", "{\"a\":1,}", "\"a", "tru", "1 2", "\"\\x\"", "\"\\ud800\"", "nan"])
    func refuses(text: String) {
        #expect(JSON(parsing: text) == nil)
    }
}
