import HTTPTestKit
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("The pages that customers come back to")
struct LandingPageTests {
    @Test(
        "who comes back is told in a sentence what became of the payment", .database, .broker,
        arguments: [("open", "Not paid yet", UInt(200)), ("expired", "This payment page has expired", 200)])
    func told(status: String, title: String, code: UInt) async throws {
        try await RunningCheckout.run([Answered.session("cs_1"), Answered.session("cs_1", status)]) { checkout, _ in
            try await checkout.link()
            _ = try await checkout.post("create-checkout-session", ["plan_id": "basic"])
            let page = try await checkout.page("/checkout/success?session_id=cs_1")
            #expect(page.status == code)
            #expect(page.type == "text/html; charset=utf-8")
            #expect(page.text.contains("<h1>\(title)</h1>"))
        }
    }

    @Test("a payment that has arrived is taken in at once, as by verify-checkout-session", .database, .broker)
    func complete() async throws {
        let script = [
            Answered.session("cs_1"), Answered.session("cs_1", "complete", subscription: "sub_1"), Answered.subscription("active"),
        ]
        try await RunningCheckout.run(script) { checkout, _ in
            try await checkout.link()
            _ = try await checkout.post("create-checkout-session", ["plan_id": "basic"])
            let page = try await checkout.page("/checkout/success?session_id=cs_1")
            #expect(page.status == 200 && page.text.contains("<h1>Thank you</h1>"))
            let rows = try await checkout.database.superuser.query("SELECT status FROM checkout.subscriptions")
            #expect(try rows.map { try $0.get("status", as: String.self) } == ["active"])
        }
    }

    @Test(
        "an unknown session is a page that says so and asks Stripe nothing; one that Stripe does not answer for can be asked again",
        .database, .broker)
    func unknown() async throws {
        let down = Array(repeating: StripeStubAnswer.error(500), count: 8)
        try await RunningCheckout.run([Answered.session("cs_1")] + down) { checkout, stub in
            for path in ["/checkout/success", "/checkout/success?session_id=cs_none", "/checkout/success?session_id="] {
                let page = try await checkout.page(path)
                #expect(page.status == 404 && page.text.contains("We know of no such payment."), "\(path)")
            }
            #expect(stub.received.isEmpty)
            try await checkout.link()
            _ = try await checkout.post("create-checkout-session", ["plan_id": "basic"])
            #expect(try await checkout.page("/checkout/success?session_id=cs_1").status == 503)
            #expect(try await checkout.page("/checkout/cancel").text.contains("<h1>Nothing was paid</h1>"))
            #expect(try await checkout.page("/checkout/success?session_id=<script>").text.contains("script") == false)
        }
    }
}
