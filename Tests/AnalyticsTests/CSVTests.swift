import Testing

@testable import Analytics

@Suite("A line of a CSV file")
struct CSVTests {
    @Test(
        "is what RFC 4180 says, and no cell of it is a formula",
        arguments: [
            ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\r\nb", "\"a\r\nb\""), ("=1", "\"'=1\""),
            ("+1", "\"'+1\""), ("-1", "\"'-1\""), ("@x", "\"'@x\""), ("\tx", "\"'\tx\""), ("a-1", "a-1"),
            // A quote and an accent, or a comma and one, are one character to Swift.
            ("a\"\u{301}b", "\"a\"\"\u{301}b\""), ("a,\u{301}b", "\"a,\u{301}b\""), ("=\u{301}1", "\"'=\u{301}1\""),
        ])
    func cell(text: String, expected: String) {
        #expect(Array(CSV.line([text, "x"]).unicodeScalars) == Array((expected + ",x\r\n").unicodeScalars))
    }
}
