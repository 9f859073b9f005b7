import Foundation
import Models
import Testing

@testable import Stripe

@Suite("Customers and sessions are read")
struct CheckoutFactsTests {
    @Test("a completed session")
    func completed() throws {
        let json = """
            {"id": "cs_1", "object": "checkout.session", "mode": "subscription", "status": "complete", "payment_status": "paid",
             "client_reference_id": "other", "metadata": {"user_id": "user_1", "plan_id": "premium", "installation": "shop_1"}, "customer": {"id": "cus_1"},
             "subscription": {"id": "sub_1"}, "invoice": "in_1", "payment_intent": null, "amount_total": 4900, "currency": "usd",
             "url": null, "expires_at": 1795500000, "ui_mode": "hosted_page"}
            """
        let expected = CheckoutSessionFacts(
            id: "cs_1", mode: "subscription", status: "complete", paymentStatus: "paid", customerID: "cus_1", userID: "user_1",
            installation: "shop_1", plan: .premium, subscriptionID: "sub_1", invoiceID: "in_1", amountTotal: 4900, currency: "usd",
            expiresAt: Date(timeIntervalSince1970: 1_795_500_000))
        #expect(try decode(json) == expected)
    }

    /// A Payment Link takes `client_reference_id` from its address (Stripe's documentation, "Track a payment link": URL parameters), so it is
    /// whatever the payer wrote.
    @Test(
        "a session's user from its metadata, and never from its reference",
        arguments: [
            (#""client_reference_id": "victim", "metadata": {"user_id": "user_1"}"#, "user_1"),
            (#""client_reference_id": "victim", "metadata": {}"#, nil), (#""client_reference_id": "victim", "metadata": null"#, nil),
            (#""client_reference_id": null, "metadata": {"user_id": "user_1"}"#, "user_1"),
        ] as [(String, String?)])
    func user(members: String, expected: String?) throws {
        let facts: CheckoutSessionFacts = try decode(#"{"id": "cs_1", "object": "checkout.session", "mode": "payment", \#(members)}"#)
        #expect(facts.userID?.rawValue == expected)
    }

    @Test("a plan that is not sold here as none")
    func unknownPlan() throws {
        let facts: CheckoutSessionFacts = try decode(
            #"{"id": "cs_1", "object": "checkout.session", "mode": "payment", "metadata": {"plan_id": "gold"}}"#)
        #expect(facts.plan == nil)
    }

    @Test("a customer, and one that was deleted")
    func customers() throws {
        #expect(
            try decode(#"{"id": "cus_1", "object": "customer", "metadata": {"user_id": "user_1"}, "email": "a@example.com"}"#)
                == CustomerFacts(id: "cus_1", userID: "user_1"))
        #expect(
            try decode(#"{"id": "cus_1", "object": "customer", "metadata": {"user_id": "user_1", "installation": "shop_1"}}"#)
                == CustomerFacts(id: "cus_1", userID: "user_1", installation: "shop_1"))
        #expect(try decode(#"{"id": "cus_1", "object": "customer", "deleted": true}"#) == CustomerFacts(id: "cus_1", deleted: true))
    }
}
