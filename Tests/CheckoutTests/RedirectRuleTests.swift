import Testing

@testable import Checkout

@Suite("Where customers may be sent after the payment page")
struct RedirectRuleTests {
    private let rule = RedirectRule(allowedOrigins: ["https://shop.example", "http://localhost:3000"])

    @Test(
        "pages of an allowed origin",
        arguments: [
            "https://shop.example", "https://shop.example/", "https://shop.example/done?session_id={CHECKOUT_SESSION_ID}",
            "https://shop.example?x=1", "https://shop.example#x", "http://localhost:3000/back",
        ])
    func allowed(url: String) {
        #expect(rule.allows(url))
    }

    @Test(
        "and nowhere else",
        arguments: [
            "", "/done", "//evil.example", "//shop.example", "https:evil.example", "https://evil.example",
            "https://shop.example@evil.example",
            "https://shop.example.evil.example", "https://shop.example:444/", "https://user:pw@shop.example/", "http://shop.example/",
            "HTTPS://shop.example/", "https://shop.example\\@evil.example", "\\\\evil.example", "javascript:alert(1)", "data:text/html,x",
            "https://shop.example/\r\nSet-Cookie: a=b", "https://shop.example/ ", " https://shop.example/", "https://shop.example/\u{0}",
            "https://shop.exämple/", "https://shop%2eexample/", "https://shop.example%2f%2fevil.example", "http://localhost:30001/",
            "https://shop.example/" + String(repeating: "a", count: 2000),
        ])
    func refused(url: String) {
        #expect(!rule.allows(url))
    }

    @Test(
        "an origin is scheme, host and perhaps port",
        arguments: [
            ("https://shop.example", true), ("http://localhost:3000", true), ("https://shop.example/", false), ("shop.example", false),
            ("https://", false), ("ftp://shop.example", false), ("https://*.example", false),
        ])
    func origin(text: String, isOrigin: Bool) {
        #expect(RedirectRule.isOrigin(text) == isOrigin)
    }
}
