import Foundation
import Models
import Testing

@testable import Stripe

@Suite("Payment intents, charges and invoice payments are read")
struct PaymentFactsTests {
    static let created = Date(timeIntervalSince1970: 1_795_400_000)

    /// A payment intent with `members` besides what every one has.
    private func intent(_ members: String = #""livemode": false"#) throws -> PaymentIntentFacts {
        try decode(
            """
            {"id": "pi_1", "object": "payment_intent", "status": "requires_payment_method", "currency": "usd", "amount": 1900,
             "created": 1795400000, \(members)}
            """)
    }

    @Test("an intent with an attempt that failed, and nothing personal")
    func failedIntent() throws {
        let facts = try intent(
            #"""
            "customer": {"id": "cus_1"}, "metadata": {"user_id": "user_1"}, "invoice": "in_1", "amount_received": 0, "latest_charge": "ch_1",
            "payment_method_types": ["card", "link"], "last_payment_error": {"type": "card_error", "code": "card_declined",
              "decline_code": "insufficient_funds", "message": "Your card has insufficient funds.", "charge": "ch_1",
              "payment_method": {"id": "pm_1", "type": "card", "billing_details": {"name": "Canary", "email": "canary@example.com"},
                                 "card": {"last4": "9995"}}}
            """#)
        let failure = PaymentFailure(
            chargeID: "ch_1", code: "card_declined", declineCode: "insufficient_funds", message: "Your card has insufficient funds.",
            paymentMethodID: "pm_1", paymentMethodType: "card")
        let expected = PaymentIntentFacts(
            id: "pi_1", customerID: "cus_1", userID: "user_1", invoiceID: "in_1", status: "requires_payment_method", currency: "usd",
            amount: 1900, paymentMethodType: "card", latestChargeID: "ch_1", lastFailure: failure,
            metadata: ["user_id": "user_1"], created: Self.created)
        #expect(facts == expected)
    }

    @Test("an intent with nothing but what every one has")
    func leastIntent() throws {
        let expected = PaymentIntentFacts(
            id: "pi_1", status: "requires_payment_method", currency: "usd", amount: 1900, created: Self.created)
        #expect(try intent() == expected)
    }

    @Test(
        "an intent's method is what was charged, never what was allowed",
        arguments: [
            (#""payment_method_types": ["card"]"#, nil),
            (#""payment_method_types": ["card", "sepa_debit"]"#, nil),
            (#""payment_method_types": []"#, nil),
            (#""payment_method_types": null"#, nil),
            (#""payment_method": "pm_1", "payment_method_types": ["card", "sepa_debit"]"#, nil),
            (#""payment_method": {"id": "pm_1", "type": "sepa_debit"}, "payment_method_types": ["card"]"#, "sepa_debit"),
            (#""latest_charge": {"id": "ch_1", "payment_method_details": {"type": "link"}}, "payment_method": {"type": "card"}"#, "link"),
            (
                #""last_payment_error": {"payment_method": {"type": "us_bank_account"}}, "payment_method_types": ["card"]"#,
                "us_bank_account"
            ),
        ] as [(String, String?)])
    func methodType(members: String, expected: String?) throws {
        #expect(try intent(members).paymentMethodType == expected)
    }

    @Test("when an intent was charged, where its charge is read with it and succeeded")
    func chargedAt() throws {
        let charge = #""latest_charge": {"id": "ch_1", "status": "STATUS", "created": 1795400007}"#
        #expect(try intent(charge.replacing("STATUS", with: "succeeded")).chargedAt == Self.created.addingTimeInterval(7))
        #expect(try intent(charge.replacing("STATUS", with: "failed")).chargedAt == nil)
        #expect(try intent(#""latest_charge": "ch_1""#).chargedAt == nil)
    }

    @Test("an intent's newest charge, expanded or not", arguments: [#""latest_charge": "ch_1""#, #""latest_charge": {"id": "ch_1"}"#])
    func latestCharge(members: String) throws {
        #expect(try intent(members).latestChargeID == "ch_1")
    }

    @Test("a failure that names its method by id alone")
    func failureWithID() throws {
        #expect(try intent(#""last_payment_error": {"code": "x", "payment_method": "pm_1"}"#).lastFailure?.paymentMethodID == "pm_1")
    }

    @Test("a charge that failed, with the bank's reason")
    func failedCharge() throws {
        let json = """
            {"id": "ch_1", "object": "charge", "status": "failed", "currency": "usd", "amount": 1900, "amount_refunded": 0, "customer": "cus_1",
             "payment_intent": {"id": "pi_1"}, "failure_code": "card_declined", "failure_message": "Your card was declined.",
             "outcome": {"reason": "generic_decline", "seller_message": "canary", "type": "issuer_declined"},
             "payment_method": "pm_1", "payment_method_details": {"type": "card", "card": {"last4": "0002"}}, "created": 1795400000}
            """
        let failure = PaymentFailure(
            chargeID: "ch_1", code: "card_declined", declineCode: "generic_decline", message: "Your card was declined.",
            paymentMethodID: "pm_1", paymentMethodType: "card")
        let expected = ChargeFacts(
            id: "ch_1", paymentIntentID: "pi_1", customerID: "cus_1", status: "failed", currency: "usd", amount: 1900, failure: failure,
            paymentMethodType: "card", created: Self.created)
        #expect(try decode(json) == expected)
    }

    @Test("a charge whose money is only reserved, and one of which a part was taken")
    func captured() throws {
        let json = """
            {"id": "ch_1", "object": "charge", "status": "succeeded", "currency": "usd", "amount": 1900, "amount_captured": AMOUNT,
             "captured": FLAG, "created": 1795400000}
            """
        let reserved: ChargeFacts = try decode(json.replacing("AMOUNT", with: "0").replacing("FLAG", with: "false"))
        #expect(reserved.isCaptured == false)
        let taken: ChargeFacts = try decode(json.replacing("AMOUNT", with: "1500").replacing("FLAG", with: "true"))
        #expect(taken.isCaptured == true && taken.amountCaptured == 1500 && taken.amount == 1900)
    }

    @Test("a charge that was refunded in part, and did not fail whatever its outcome says")
    func refundedCharge() throws {
        let json = """
            {"id": "ch_1", "object": "charge", "status": "succeeded", "currency": "usd", "amount": 1900, "amount_refunded": 500,
             "invoice": "in_1", "failure_code": null, "outcome": {"reason": null, "type": "authorized"}, "created": 1795400000}
            """
        let facts: ChargeFacts = try decode(json)
        #expect(facts.amountRefunded == 500 && facts.failure == nil && facts.invoiceID == "in_1" && facts.customerID == nil)
    }

    @Test(
        "an invoice payment",
        arguments: [
            (#""invoice": "in_1", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}"#, "pi_1"),
            (#""invoice": {"id": "in_1"}, "payment": {"type": "payment_intent", "payment_intent": {"id": "pi_1"}}"#, "pi_1"),
            (#""invoice": "in_1", "payment": {"type": "charge", "charge": "ch_1"}"#, nil),
        ] as [(String, String?)])
    func invoicePayment(members: String, intent: String?) throws {
        let json = #"{"id": "inpay_1", "object": "invoice_payment", "status": "paid", "amount_paid": 1900, "currency": "usd", \#(members)}"#
        let expected = InvoicePaymentFacts(
            id: "inpay_1", invoiceID: "in_1", paymentIntentID: intent.map(PaymentIntentID.init(rawValue:)),
            chargeID: intent == nil ? "ch_1" : nil, status: "paid", amountPaid: 1900, currency: "usd")
        #expect(try decode(json) == expected)
    }
}
