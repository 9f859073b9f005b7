import Foundation
import HTTPTestKit
import Models
import Stripe
import TestKit
import Testing

@Suite("An answer of Stripe's", .timeLimit(.minutes(1)))
struct StripeClientAnswerTests {
    @Test("is stamped with its own date and request")
    func stamped() async throws {
        try await withStripe([.json(Sample.customer, headers: ["Idempotent-Replayed": "true"]), .json(Sample.customer)]) { stripe, _, _ in
            let replay = try await stripe.createCustomer(userID: "u", installation: "i1", idempotencyKey: "k")
            #expect(replay.readAt == Date(timeIntervalSince1970: 1_795_406_400))
            #expect(replay.requestID == "req_stub" && replay.isReplay)
            #expect(try await stripe.customer("cus_1").isReplay == false)
        }
    }

    @Test(
        "is not believed unless it is what was asked for",
        arguments: [
            .json(#"{"id": "cus_2", "object": "customer", "livemode": false}"#),
            .json(#"{"id": "cus_1", "object": "invoice", "livemode": false}"#),
            .json(#"{"id": "cus_1", "object": "customer", "livemode": true}"#), .json(#"{"id": "cus_1", "object": "customer"}"#),
            .json(#"{"object": "customer", "livemode": false}"#), .json("<html><body>Welcome</body></html>"), .json(""), .json("null"),
            .json("[]"),
            .json(#"{"id": "cus_1", "object": "customer", "livemode": false"#), .json(Sample.customer, date: nil),
            .json(Sample.customer, date: "yesterday"), .json("", status: 204), .json(#"{"error": {"message": "x"}}"#),
            .json(
                #"{"id": "cus_1", "object": "customer", "livemode": false, "x": \#(String(repeating: "[", count: 70) + String(repeating: "]", count: 70))}"#
            ),
            .json(#"{"id": "cus_1", "object": "customer", "livemode": false, "x": "\#(String(repeating: "x", count: 4 << 20))"}"#),
        ] as [StripeStubAnswer])
    func notBelieved(answer: StripeStubAnswer) async throws {
        try await withStripe([answer]) { stripe, stub, _ in
            let error = await stripeError { try await stripe.customer("cus_1") }
            #expect(error?.kind == .badResponse && error?.isRetriable == true)
            #expect(stub.received.count == 1)
        }
    }

    @Test("may be of nearly 4 MiB")
    func large() async throws {
        let json = #"{"id": "cus_1", "object": "customer", "livemode": false, "x": "\#(String(repeating: "x", count: 4_000_000))"}"#
        try await withStripe([.json(json)]) { stripe, _, _ in
            let customer = try await stripe.customer("cus_1").value
            #expect(customer.id == "cus_1")
        }
    }

    @Test("of a deleted customer needs no mode")
    func deleted() async throws {
        try await withStripe([.json(#"{"id": "cus_1", "object": "customer", "deleted": true}"#)]) { stripe, _, _ in
            let customer = try await stripe.customer("cus_1").value
            #expect(customer.deleted)
        }
    }

    @Test("with a portal session is believed in either mode, but not without a link")
    func portal() async throws {
        let session = #"{"id": "bps_1", "object": "billing_portal.session", "livemode": true, "url": "https://a.b/c"}"#
        try await withStripe([.json(session), .json(session.replacing("url", with: "link"))]) { stripe, _, _ in
            let opened = try await stripe.createPortalSession(customer: "cus_1", returnURL: "https://a.b", idempotencyKey: "k")
            #expect(opened.value == PortalSession(id: "bps_1", url: "https://a.b/c"))
            let error = await stripeError {
                try await stripe.createPortalSession(customer: "cus_1", returnURL: "https://a.b", idempotencyKey: "k")
            }
            #expect(error?.kind == .badResponse && error?.isUnknownOutcome == true)
        }
    }

    @Test("sends nobody elsewhere: a redirect is an error", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) async throws {
        try await withStripe([.json(Sample.customer)]) { _, elsewhere, _ in
            try await withStripe([.json("", status: status, headers: ["Location": "\(elsewhere.url)/v1/customers/cus_1"])]) {
                stripe, stub, _ in
                #expect(await stripeError { try await stripe.customer("cus_1") }?.kind == .redirect)
                #expect(stub.received.count == 1 && elsewhere.received.isEmpty)
            }
        }
    }

    @Test(
        "that refuses says why",
        arguments: [
            (
                400, #""type": "invalid_request_error", "code": "parameter_missing", "param": "price", "message": "Missing.""#,
                StripeError.Kind.invalidRequest
            ),
            (400, #""type": "idempotency_error", "message": "Keys.""#, .idempotency),
            (400, #""type": "card_error", "code": "card_declined""#, .card),
            (401, #""type": "invalid_request_error""#, .authentication),
            (402, #""type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds""#, .card),
            (403, #""type": "invalid_request_error""#, .permission),
            (404, #""type": "invalid_request_error", "code": "resource_missing", "param": "id""#, .notFound),
            (409, #""type": "idempotency_error", "code": "idempotency_key_in_use""#, .idempotency),
            (409, #""type": "invalid_request_error", "code": "lock_timeout""#, .invalidRequest),
            (418, "", .invalidRequest), (429, #""type": "invalid_request_error", "code": "rate_limit""#, .rateLimited),
            (500, #""type": "api_error""#, .api), (503, "", .api), (400, #""type": null, "code": null"#, .invalidRequest),
        ] as [(Int, String, StripeError.Kind)])
    func refusals(status: Int, fields: String, kind: StripeError.Kind) async throws {
        try await withStripe([.error(status, fields)], maxRetries: 0) { stripe, _, _ in
            let error = try #require(await stripeError { try await stripe.customer("cus_1") })
            #expect(error.kind == kind && error.status == status && error.requestID == "req_stub")
            #expect(error.isRetriable == (status == 409 || status == 429 || status >= 500))
            #expect(error.code.map { fields.contains("\"\($0)\"") } ?? !fields.contains(#""code": ""#))
            #expect(error.param.map { fields.contains("\"\($0)\"") } ?? !fields.contains("param"))
        }
    }

    @Test(
        "that refuses without saying why leaves its status",
        arguments: ["<html>502</html>", "", "[]", #"{"error": "x"}"#, #"{"error": {"code": 7}}"#])
    func oddErrors(body: String) async throws {
        try await withStripe([.json(body, status: 502)], maxRetries: 0) { stripe, _, _ in
            let error = await stripeError { try await stripe.customer("cus_1") }
            #expect(error?.kind == .api && error?.status == 502 && error?.code == nil && error?.message == nil)
        }
    }

    @Test("shows neither the key nor its own words to everyone")
    func safeText() async throws {
        let answer = StripeStubAnswer.error(
            402,
            #""type": "card_error", "code": "card_declined", "decline_code": "fraudulent", "message": "sk_test_canary says no to a@b.c""#)
        try await withStripe([answer]) { stripe, _, _ in
            let error = try #require(await stripeError { try await stripe.customer("cus_1") })
            #expect("\(error)" == "stripe: card (402 card_declined fraudulent)")
            #expect(
                String(reflecting: error) == "stripe: card (402 card_declined fraudulent): sk_test_… says no to a@b.c [request req_stub]")
            var dumped = ""
            dump(error, to: &dumped)
            #expect(!dumped.contains("canary"))
        }
    }
}
