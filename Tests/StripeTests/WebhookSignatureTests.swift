import Foundation
import Testing

@testable import Stripe

@Suite("A webhook's signature")
struct WebhookSignatureTests {
    static let now = Date(timeIntervalSince1970: 1_795_406_400)
    static let body = Array(#"{"id": "evt_1", "note": "Zoë"}"#.utf8)
    static let secret = WebhookSecret(nonEmpty: "whsec_first")!
    static let other = WebhookSecret(nonEmpty: "whsec_second")!

    /// HMAC-SHA256 of `1795406400.` and the body above under `whsec_first`, by OpenSSL.
    static let known = "3987e3324778e51c2f3d4f95504df86cf21b1ac77369fe272c9dbd935f3ce059"
    static let wrong = String(repeating: "0", count: 64)

    static func verify(
        _ header: String?, body: [UInt8] = body, secrets: [WebhookSecret] = [secret], now: Date = now
    ) -> Result<Int, WebhookSignature.Refusal> {
        WebhookSignature.verify(body: body, header: header, secrets: secrets, now: now)
    }

    @Test("is the one that OpenSSL computes")
    func reference() {
        #expect(WebhookSignature.sign(body: Self.body, secret: Self.secret, at: Self.now) == "t=1795406400,v1=\(Self.known)")
    }

    @Test(
        "is accepted in every header that Stripe may write",
        arguments: [
            "t=1795406400,v1=\(known)",
            "v1=\(known),t=1795406400",
            "t=1795406400,v1=\(wrong),v1=\(known)",
            "t=1795406400,v1=\(known),v1=\(wrong)",
            "t=1795406400,v1=\(known),v0=not-even-hex",
            "t=1795406400,v0=,v1=\(known)",
            "t=1795406400,v2=a=b=c,v1=\(known)",
            "t=1795406400,T=5,V1=x,v1=\(known)",
            "t=1795406400,v1=\(wrong),v1=\(wrong),v1=\(wrong),v1=\(wrong),v1=\(known)",
            "t=1795406400,v1=\(known),v0=\(String(repeating: "x", count: 1024 - 84))",
        ])
    func accepted(header: String) {
        #expect(Self.verify(header) == .success(0))
    }

    @Test(
        "is malformed in any other header",
        arguments: [
            "garbage", ",", "=", "t", "t=", "v1=", "t=,v1=", "=1795406400,v1=\(known)",
            "v1=\(known)",
            "t=1795406400",
            "t=1795406400,v1",
            "t=1795406400,v0=\(known)",
            "t=1795406400;v1=\(known)",
            "t=1795406400,v1=\(known),",
            ",t=1795406400,v1=\(known)",
            "t=1795406400,,v1=\(known)",
            "t=1795406400, v1=\(known)",
            " t=1795406400,v1=\(known)",
            "t=1795406400,v1=\(known) ",
            "t=1795406400,t=1795406400,v1=\(known)",
            "t=+1795406400,v1=\(known)",
            "t=-1795406400,v1=\(known)",
            "t=1795406400.0,v1=\(known)",
            "t=1.7954064e9,v1=\(known)",
            "t=0x6B03C5C0,v1=\(known)",
            "t=１７９５４０６４００,v1=\(known)",
            "t=1795406400\u{0},v1=\(known)",
            "t=9999999999999999,v1=\(known)",
            "t=1795406400,v1=\(known.dropLast())",
            "t=1795406400,v1=\(known)0",
            "t=1795406400,v1=\(known.uppercased())",
            "t=1795406400,v1=\(known.dropLast())g",
            "t=1795406400,v1=\(known),v1=short",
            "t=1795406400,v1=\(wrong),v1=\(wrong),v1=\(wrong),v1=\(wrong),v1=\(wrong),v1=\(known)",
            "t=1795406400,v1=\(known),v0=\(String(repeating: "x", count: 1024 - 83))",
        ])
    func malformed(header: String) {
        #expect(Self.verify(header) == .failure(.malformed))
    }

    @Test("is missing without a header and in an empty one", arguments: [nil, ""])
    func missing(header: String?) {
        #expect(Self.verify(header) == .failure(.missing))
    }

    @Test("does not match another time, body or secret, or no secret at all")
    func mismatch() {
        let header = "t=1795406400,v1=\(Self.known)"
        #expect(Self.verify("t=1795406401,v1=\(Self.known)") == .failure(.mismatch))
        #expect(Self.verify("t=01795406400,v1=\(Self.known)") == .failure(.mismatch))
        #expect(Self.verify("t=1795406400,v1=\(Self.wrong)") == .failure(.mismatch))
        #expect(Self.verify(header, body: Self.body + [0x0A]) == .failure(.mismatch))
        #expect(Self.verify(header, body: []) == .failure(.mismatch))
        #expect(Self.verify(header, secrets: [Self.other]) == .failure(.mismatch))
        #expect(Self.verify(header, secrets: []) == .failure(.mismatch))
    }

    @Test("matches nothing when any one of its bits is turned", arguments: 0..<64)
    func oneBit(digit: Int) throws {
        var digits = Array(Self.known)
        let value = try #require(digits[digit].hexDigitValue)
        digits[digit] = Character(String(value ^ 1, radix: 16))
        #expect(Self.verify("t=1795406400,v1=\(String(digits))") == .failure(.mismatch))
    }

    @Test("tells which of two secrets made it")
    func rolled() {
        let header = WebhookSignature.sign(body: Self.body, secret: Self.other, at: Self.now)
        #expect(Self.verify(header, secrets: [Self.secret, Self.other]) == .success(1))
        let both = header + ",v1=\(Self.known)"
        #expect(Self.verify(both, secrets: [Self.secret, Self.other]) == .success(0))
    }

    @Test(
        "is believed for five minutes to either side",
        arguments: [
            (0.0, Result<Int, WebhookSignature.Refusal>.success(0)), (300, .success(0)), (300.9, .success(0)), (-300, .success(0)),
            (301, .failure(.stale(seconds: 301))), (86_400, .failure(.stale(seconds: 86_400))), (-301, .failure(.future(seconds: 301))),
        ])
    func age(seconds: Double, expected: Result<Int, WebhookSignature.Refusal>) {
        #expect(Self.verify("t=1795406400,v1=\(Self.known)", now: Self.now.addingTimeInterval(seconds)) == expected)
    }

    @Test("is not called stale unless it is true")
    func forgedAndOld() {
        let later = Self.now.addingTimeInterval(1000)
        #expect(Self.verify("t=1795406400,v1=\(Self.wrong)", now: later) == .failure(.mismatch))
    }

    @Test("covers an empty body and one of megabytes", arguments: [0, 1, 4 << 20])
    func anySize(count: Int) {
        let body = [UInt8](repeating: 0xFF, count: count)
        let header = WebhookSignature.sign(body: body, secret: Self.secret, at: Self.now)
        #expect(Self.verify(header, body: body) == .success(0))
        #expect(Self.verify(header, body: body + [0xFF]) == .failure(.mismatch))
    }
}
