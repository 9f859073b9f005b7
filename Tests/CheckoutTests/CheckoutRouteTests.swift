import Foundation
import HTTPTestKit
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("POST /create-checkout-session and /verify-checkout-session")
struct CheckoutRouteTests {
    @Test("a click, a second click and a call from elsewhere get the same session", .database, .broker)
    func created() async throws {
        let answer = Answered.session("cs_1")
        try await RunningCheckout.run(Array(repeating: answer, count: 8)) { checkout, stub in
            try await checkout.link()
            let sessions = try await withThrowingTaskGroup(of: RunningCheckout.Answer.self) { group in
                for _ in 1...8 { group.addTask { try await checkout.post("create-checkout-session", ["plan_id": "basic"]) } }
                return try await group.reduce(into: [RunningCheckout.Answer]()) { $0.append($1) }
            }
            #expect(Set(sessions.map(\.status)) == [200])
            let ids = try sessions.map { try $0.json()["session_id"] as? String }
            #expect(Set(ids) == ["cs_1"])
            #expect(Set(stub.received.map { $0.header("Idempotency-Key") }).count == 1)
            let json = try #require(sessions.first).json()
            #expect(json["url"] as? String == "https://pay.example/cs_1")
            #expect(json["publishable_key"] as? String == "pk_test_checkout")
        }
    }

    @Test(
        "whoever is subscribed is refused with 409, and told what leads on", .database, .broker,
        arguments: [
            ("active", "already_subscribed"), ("trialing", "already_subscribed"), ("past_due", "unpaid_subscription"),
            ("unpaid", "unpaid_subscription"), ("paused", "unpaid_subscription"),
        ])
    func subscribed(status: String, refusal: String) async throws {
        try await RunningCheckout.run { checkout, stub in
            try await checkout.subscribe(status)
            let answer = try await checkout.post("create-checkout-session", ["plan_id": "premium"])
            #expect(answer.status == 409)
            try #expect(answer.refusal() == refusal)
            let message = try (answer.json()["error"] as? [String: Any])?["message"] as? String
            #expect(message?.contains("POST /api/payment/create-portal-session") == true, "there is a way on")
            #expect(stub.received.isEmpty)
        }
    }

    @Test("a plan or an address that is not allowed is refused with 422 that names the field", .database, .broker)
    func unprocessable() async throws {
        try await RunningCheckout.run { checkout, stub in
            for (body, refusal) in [
                (["plan_id": "gold"], "unknown_plan plan_id"), (["plan_id": ""], "unknown_plan plan_id"),
                (["plan_id": "basic", "success_url": "https://evil.example"], "redirect_not_allowed success_url"),
                (["plan_id": "basic", "cancel_url": "https://shop.example.evil.example"], "redirect_not_allowed cancel_url"),
            ] {
                let answer = try await checkout.post("create-checkout-session", body)
                #expect(answer.status == 422)
                try #expect(answer.refusal() == refusal)
            }
            #expect(stub.received.isEmpty)
        }
    }

    @Test("a session that is not there, or another's, cannot be verified: 404 for both", .database, .broker)
    func notFound() async throws {
        try await RunningCheckout.run([Answered.session("cs_1")]) { checkout, stub in
            try await checkout.link()
            try await #expect(checkout.post("create-checkout-session", ["plan_id": "basic"]).status == 200)
            for (user, session) in [("user_1", "cs_none"), ("user_2", "cs_1")] {
                let answer = try await checkout.post("verify-checkout-session", as: user, ["session_id": session])
                #expect(answer.status == 404)
                try #expect(answer.refusal() == "not_found session_id")
            }
            #expect(stub.received.count == 1)
        }
    }

    @Test(
        "Stripe that refuses for good is no outage: somebody is told, and the next click begins anew", .database, .broker,
        arguments: [400, 401, 403])
    func refused(status: Int) async throws {
        let refusal = StripeStubAnswer.error(status, #""type": "invalid_request_error""#)
        try await RunningCheckout.run([refusal, Answered.session("cs_1")]) { checkout, stub in
            try await checkout.link()
            let answer = try await checkout.post("create-checkout-session", ["plan_id": "basic"])
            #expect(answer.status == 500)
            try #expect(answer.refusal() == "stripe_refused")
            #expect(answer.retryAfter == nil)
            try await #expect(checkout.alerts() == "stripe_refused create-checkout-session")
            try await #expect(checkout.post("create-checkout-session", ["plan_id": "basic"]).status == 200)
            #expect(Set(stub.received.map { $0.header("Idempotency-Key") }).count == 2)
            try await #expect(checkout.alerts() == nil)
        }
    }

    @Test("a session that is gone at Stripe is a 404, and a key that is refused there is for an operator", .database, .broker)
    func verifyRefused() async throws {
        let gone = StripeStubAnswer.error(404, #""type": "invalid_request_error""#)
        try await RunningCheckout.run([Answered.session("cs_1"), gone, .error(401)]) { checkout, _ in
            try await checkout.link()
            _ = try await checkout.post("create-checkout-session", ["plan_id": "basic"])
            let missing = try await checkout.post("verify-checkout-session", ["session_id": "cs_1"])
            #expect(missing.status == 404)
            let refused = try await checkout.post("verify-checkout-session", ["session_id": "cs_1"])
            #expect(refused.status == 500)
            #expect(refused.retryAfter == nil)
            try await #expect(checkout.alerts() == "stripe_refused verify-checkout-session")
        }
    }

    @Test("a subscription that keeps being overtaken is a 503 with a time to come back", .database, .broker)
    func busy() async throws {
        let script = [Answered.session("cs_1"), Answered.session("cs_1", "complete", subscription: "sub_1")]
        try await RunningCheckout.run(script + Array(repeating: Answered.subscription("active"), count: 20)) { checkout, _ in
            try await checkout.link()
            try await #expect(checkout.post("create-checkout-session", ["plan_id": "basic"]).status == 200)
            // As if every read that is made had begun before the one that is stored.
            try await checkout.subscribe("active", ticket: .max)
            let answer = try await checkout.post("verify-checkout-session", ["session_id": "cs_1"])
            #expect(answer.status == 503)
            try #expect(answer.refusal() == "busy")
            #expect(answer.retryAfter == "1")
        }
    }

    private static func delayed(_ intent: String) -> [StripeStubAnswer] {
        [
            Answered.session("cs_1"),
            .json(
                #"{"id":"cs_1","object":"checkout.session","livemode":false,"mode":"payment","status":"complete","#
                    + #""payment_status":"unpaid","customer":"cus_1","metadata":{"user_id":"user_1"},"payment_intent":"pi_1","url":null}"#),
            .json(
                #"{"id":"pi_1","object":"payment_intent","livemode":false,"customer":"cus_1","currency":"eur","amount":1900,"#
                    + #""created":1795000000,\#(intent)}"#),
        ]
    }

    /// A session stays complete and unpaid while a bank debit is on its way, and for ever when it fails (Stripe's documentation, "Fulfill
    /// orders", delayed notification payment methods).
    @Test(
        "a payment that takes days is processing, then complete or failed", .database, .broker,
        arguments: [
            (#""status":"processing""#, "processing", "pending"),
            (#""status":"succeeded","amount_received":1900"#, "complete", "succeeded"),
            (
                #""status":"requires_payment_method","last_payment_error":{"code":"payment_intent_payment_attempt_failed","charge":"ch_1"}"#,
                "failed", "failed"
            ),
            (#""status":"canceled""#, "failed", "canceled"),
        ])
    func delayed(intent: String, status: String, payment: String) async throws {
        try await RunningCheckout.run(Self.delayed(intent)) { checkout, _ in
            try await checkout.link()
            try await #expect(checkout.post("create-checkout-session", ["plan_id": "basic"]).status == 200)
            let answer = try await checkout.post("verify-checkout-session", ["session_id": "cs_1"])
            #expect(answer.status == 200)
            try #expect(answer.json()["status"] as? String == status)
            let paid = try answer.json()["payment"] as? [String: Any]
            #expect(paid?["status"] as? String == payment)
            #expect(paid?.keys.contains("paid_at") == true)
        }
    }
}
