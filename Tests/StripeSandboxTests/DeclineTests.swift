import Testing

@testable import StripeSandbox

@Suite("Cards that are declined")
struct DeclineTests {
    @Test(
        "each declining card says why, in Stripe's codes",
        arguments: [
            ("4000000000000002", "card_declined", "generic_decline", "Your card was declined."),
            ("4000000000009995", "card_declined", "insufficient_funds", "Your card has insufficient funds."),
            ("4000000000009987", "card_declined", "lost_card", "Your card was declined."),
            ("4000000000009979", "card_declined", "stolen_card", "Your card was declined."),
            ("4000000000000069", "expired_card", nil, "Your card has expired."),
            ("4000000000000127", "incorrect_cvc", nil, "Your card's security code is incorrect."),
            (
                "4000000000000119", "processing_error", nil,
                "An error occurred while processing your card. Try again in a little bit."
            ),
        ] as [(String, String, String?, String)])
    func codes(card: String, code: String, declineCode: String?, message: String) throws {
        var fixture = AccountFixture()
        let session = try fixture.openSession()
        let outcome = fixture.account.pay(session: session, with: try TestCard.find(card), billing: BillingDetails())
        #expect(outcome == .declined(message))
        let intent = try fixture.call("GET", "/v1/payment_intents/\(fixture.account.paymentIntents.ids[0])")
        #expect(intent["status"] == "requires_payment_method")
        #expect(intent["last_payment_error"]?["type"] == "card_error")
        #expect(intent["last_payment_error"]?["code"] == .text(code))
        #expect(intent["last_payment_error"]?["decline_code"]?.string == declineCode)
        let charge = try fixture.call("GET", "/v1/charges")["data"]?.elements.first
        #expect(charge?["failure_code"] == .text(code))
        #expect(charge?["outcome"]?["reason"] == .text(declineCode ?? code))
    }

    @Test("a card that is declined cannot be saved by the API")
    func attach() throws {
        var fixture = AccountFixture()
        let customer = try fixture.id(fixture.call("POST", "/v1/customers"))
        let error = #expect(throws: APIError.self) {
            try fixture.call("POST", "/v1/payment_methods/pm_card_chargeDeclinedExpiredCard/attach", "customer=\(customer)")
        }
        #expect(error?.code == "expired_card")
        try fixture.call("POST", "/v1/payment_methods/pm_card_chargeCustomerFail/attach", "customer=\(customer)")
        #expect(try fixture.call("GET", "/v1/customers/\(customer)/payment_methods")["data"]?.elements.count == 1)
    }
}
