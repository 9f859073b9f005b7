import Models
import Testing

@testable import Stripe

/// JSON allows half a character (RFC 8259, section 8.2), and names that were cut off hold some; Foundation's decoder refuses the document.
@Suite("Half a character")
struct LoneSurrogateTests {
    @Test(
        "is replaced, whole ones and everything else stay",
        arguments: [
            (#""a\ud83d""#, #""a\ufffd""#), (#""\uDE00b""#, #""\ufffdb""#), (#""\ud83d\ude00""#, #""\ud83d\ude00""#),
            (#""\ud83d\ud83d\ude00""#, #""\ufffd\ud83d\ude00""#), (#""\ude00\ud83d""#, #""\ufffd\ufffd""#),
            (#""\\ud83d""#, #""\\ud83d""#), (#""\n\u00e9""#, #""\n\u00e9""#), (#""\ud83d\n""#, #""\ufffd\n""#),
            (#""\ud83"#, #""\ud83"#), (#""\ud83d"#, #""\ufffd"#), ("", ""), (#"\"#, #"\"#),
        ])
    func replaced(json: String, expected: String) {
        #expect(String(decoding: LoneSurrogates.replaced(in: Array(json.utf8)), as: UTF8.self) == expected)
    }

    @Test("in any text of an event is no reason not to read it", arguments: ["2024-06-20", "2026-05-27.dahlia"])
    func event(version: String) throws {
        let intent = #"""
            {"id": "pi_1", "object": "payment_intent", "status": "requires_payment_method", "currency": "usd", "amount": 1, "created": 1,
             "description": "\ud83d", "metadata": {"user_id": "user_1", "\ude00": "\ud83dx"},
             "last_payment_error": {"code": "card_declined", "message": "no \ud83d"}}
            """#
        guard case .paymentIntent(let facts) = try envelope("payment_intent.payment_failed", intent, version: version).object else {
            Issue.record("not read")
            return
        }
        #expect(facts.lastFailure?.message == "no \u{FFFD}")
        #expect(facts.metadata == ["user_id": "user_1", "\u{FFFD}": "\u{FFFD}x"])
    }

    @Test("in an error of Stripe's hides nothing of it")
    func error() throws {
        let error = ErrorAnswer.error(
            status: 402, body: Array(#"{"error": {"code": "card_declined", "message": "\ud83d"}}"#.utf8), requestID: nil, retryAfter: nil,
            isReplay: false, hiding: try #require(StripeSecretKey("sk_test_1")))
        #expect(error.code == "card_declined" && error.message == "\u{FFFD}")
    }
}
