import Foundation
import Models
import Testing

@testable import Stripe

@Suite("An invoice is read")
struct InvoiceFactsTests {
    static let expected = InvoiceFacts(
        id: "in_1", customerID: "cus_1", subscriptionID: "sub_1", userID: "user_1", status: "open", billingReason: "subscription_cycle",
        collectionMethod: "send_invoice", dueDate: Date(timeIntervalSince1970: 1_795_800_000),
        serviceEnd: Date(timeIntervalSince1970: 1_798_000_000), currency: "usd", amountDue: 1900, amountPaid: 0, attemptCount: 2,
        nextPaymentAttempt: Date(timeIntervalSince1970: 1_795_500_000),
        paymentIntentID: "pi_1", chargeID: "ch_1", priceID: "price_new", otherPriceIDs: ["price_old"], paidOutOfBand: false,
        paidAt: Date(timeIntervalSince1970: 1_795_400_900), metadata: ["user_id": "user_1"],
        created: Date(timeIntervalSince1970: 1_795_400_000))

    static let common = """
        "id": "in_1", "object": "invoice", "status": "open", "billing_reason": "subscription_cycle", "currency": "usd", "amount_due": 1900,
        "amount_paid": 0, "attempt_count": 2, "next_payment_attempt": 1795500000, "created": 1795400000, "livemode": false, "metadata": {},
        "collection_method": "send_invoice", "due_date": 1795800000,
        "status_transitions": {"finalized_at": 1795400100, "paid_at": 1795400900}
        """

    static let old = """
        {\(common), "customer": "cus_1", "subscription": "sub_1", "subscription_details": {"metadata": {"user_id": "user_1"}},
         "payment_intent": "pi_1", "charge": "ch_1", "paid": false, "paid_out_of_band": false,
         "lines": {"object": "list", "data": [
           {"id": "il_1", "type": "invoiceitem", "amount": -900, "period": {"start": 1, "end": 1799000000}, "price": {"id": "price_old", "object": "price"}, "subscription": "sub_1"},
           {"id": "il_2", "type": "subscription", "amount": 2800, "period": {"start": 1795400000, "end": 1798000000}, "price": {"id": "price_new", "object": "price"}, "subscription": "sub_1"}]}}
        """

    static let new = """
        {\(common), "customer": {"id": "cus_1", "object": "customer"},
         "parent": {"type": "subscription_details", "quote_details": null,
                    "subscription_details": {"subscription": "sub_1", "metadata": {"user_id": "user_1"}}},
         "payments": {"object": "list", "data": [
           {"is_default": false, "status": "canceled", "payment": {"type": "payment_intent", "payment_intent": "pi_0"}},
           {"is_default": true, "status": "open", "payment": {"type": "payment_intent", "payment_intent": {"id": "pi_1"}, "charge": "ch_1"}}]},
         "lines": {"object": "list", "data": [
           {"id": "il_1", "amount": -900, "period": {"start": 1, "end": 1799000000}, "parent": {"type": "invoice_item_details"},
            "pricing": {"type": "price_details", "price_details": {"price": "price_old", "product": "prod_1"}}},
           {"id": "il_2", "amount": 2800, "period": {"start": 1795400000, "end": 1798000000}, "parent": {"type": "subscription_item_details", "subscription_item_details": {"subscription": "sub_1"}},
            "pricing": {"type": "price_details", "price_details": {"price": "price_new", "product": "prod_1"}}}]}}
        """

    @Test("to the same facts from either shape", arguments: [old, new])
    func bothShapes(json: String) throws {
        #expect(try decode(json) == Self.expected)
    }

    /// An invoice with `members` besides what every one has.
    private func invoice(_ members: String) throws -> InvoiceFacts {
        try decode(#"{"id": "in_1", "object": "invoice", "currency": "usd", "created": 0, \#(members)}"#)
    }

    @Test("with nothing but what every invoice has")
    func least() throws {
        #expect(
            try decode(#"{"id": "in_1", "object": "invoice", "currency": "usd", "created": 0}"#)
                == InvoiceFacts(id: "in_1", currency: "usd", created: Date(timeIntervalSince1970: 0)))
    }

    @Test("with every member null")
    func nulls() throws {
        let names = [
            "customer", "subscription", "parent", "subscription_details", "payments", "lines", "metadata", "status", "billing_reason",
            "amount_due", "amount_paid", "attempt_count", "next_payment_attempt", "payment_intent", "charge", "paid_out_of_band",
            "status_transitions",
        ]
        let members = names.map { "\"\($0)\": null" }.joined(separator: ", ")
        #expect(try invoice(members) == InvoiceFacts(id: "in_1", currency: "usd", created: Date(timeIntervalSince1970: 0)))
    }

    @Test(
        "with its subscription from wherever it stands",
        arguments: [
            #""subscription": "sub_1""#, #""subscription": {"id": "sub_1", "object": "subscription"}"#,
            #""parent": {"subscription_details": {"subscription": "sub_1"}}"#,
            #""parent": {"subscription_details": {"subscription": {"id": "sub_1"}}}"#,
            #""lines": {"data": [{"subscription": null}, {"subscription": "sub_1"}]}"#,
            #""lines": {"data": [{"parent": {"subscription_item_details": {"subscription": "sub_1"}}}]}"#,
            #""parent": {"type": "quote_details", "subscription_details": null}, "subscription": "sub_1""#,
        ])
    func subscription(members: String) throws {
        #expect(try invoice(members).subscriptionID == "sub_1")
    }

    @Test(
        "with its user from the surest place",
        arguments: [
            #""metadata": {"user_id": "user_1"}"#,
            #""metadata": {"user_id": "user_1"}, "lines": {"data": [{"metadata": {"user_id": "other"}}]}"#,
            #""subscription_details": {"metadata": {"user_id": "user_1"}}, "lines": {"data": [{"metadata": {"user_id": "other"}}]}"#,
            #""parent": {"subscription_details": {"metadata": {"user_id": "user_1"}}}, "metadata": {"user_id": "other"}"#,
            #""parent": {"subscription_details": {"metadata": null}}, "metadata": {"user_id": "user_1"}"#,
            #""subscription_details": {"metadata": {"user_id": ""}}, "metadata": {"user_id": "user_1"}"#,
        ])
    func user(members: String) throws {
        #expect(try invoice(members).userID == "user_1")
    }

    @Test("with nobody where only its lines name one")
    func lineMetadata() throws {
        #expect(try invoice(#""lines": {"data": [{"metadata": {"user_id": "user_1"}}]}"#).userID == nil)
    }

    @Test(
        "with the intent that collects it",
        arguments: [
            #""payment_intent": "pi_1""#, #""payment_intent": {"id": "pi_1", "object": "payment_intent"}"#,
            #""payments": {"data": [{"payment": {"payment_intent": "pi_1"}}]}"#,
            #""payments": {"data": [{"status": "open", "payment": {"payment_intent": "pi_0"}}, {"status": "paid", "payment": {"payment_intent": "pi_1"}}]}"#,
            #""payments": {"data": [{"status": "paid", "payment": {"payment_intent": "pi_0"}}, {"is_default": true, "payment": {"payment_intent": "pi_1"}}]}"#,
        ])
    func intent(members: String) throws {
        #expect(try invoice(members).paymentIntentID == "pi_1")
    }

    @Test(
        "without an intent when there is none",
        arguments: [#""payments": {"data": []}"#, #""payments": {"data": [{"payment": {"type": "charge", "charge": "ch_1"}}]}"#])
    func noIntent(members: String) throws {
        #expect(try invoice(members).paymentIntentID == nil)
    }

    @Test(
        "with the price of its last subscription line, else of its last charge",
        arguments: [
            #"{"type": "subscription", "price": {"id": "price_0"}}, {"type": "subscription", "price": {"id": "price_1"}}"#,
            #"{"type": "subscription", "price": {"id": "price_1"}}, {"type": "invoiceitem", "price": {"id": "price_0"}}"#,
            #"{"amount": 5, "price": {"id": "price_1"}}, {"amount": -5, "price": {"id": "price_0"}}"#,
            #"{"amount": -5, "price": {"id": "price_0"}}, {"amount": -5, "price": {"id": "price_1"}}"#,
            #"{"type": "subscription", "plan": {"id": "price_1", "object": "plan"}}"#,
            #"{"type": "subscription", "price": null, "plan": {"id": "price_1"}}"#,
            #"{"parent": {"type": "subscription_item_details"}, "pricing": {"price_details": {"price": {"id": "price_1"}}}}"#,
        ])
    func price(lines: String) throws {
        #expect(try invoice(#""lines": {"data": [\#(lines)]}"#).priceID == "price_1")
    }

    /// A change of plan credits the rest of the old period and charges the new one (Stripe's documentation, "Prorations").
    @Test("with all its prices, credits last")
    func prices() throws {
        let lines = """
            {"type": "subscription", "amount": 4900, "price": {"id": "price_premium"}},
            {"type": "invoiceitem", "amount": 500, "price": {"id": "price_setup"}},
            {"type": "subscription", "amount": -1900, "price": {"id": "price_basic"}},
            {"type": "subscription", "amount": 0, "price": {"id": "price_metered"}},
            {"type": "subscription", "amount": 4900, "price": {"id": "price_premium"}}
            """
        #expect(
            try invoice(#""lines": {"data": [\#(lines)]}"#).prices == ["price_premium", "price_metered", "price_setup", "price_basic"])
    }

    @Test(
        "as paid outside Stripe when it says so in either way",
        arguments: [
            (#""paid_out_of_band": true"#, true), (#""paid_out_of_band": false"#, false), (#""amount_paid_off_stripe": 1900"#, true),
            (#""amount_paid_off_stripe": 0"#, false), (#""status": "paid""#, false),
        ])
    func outOfBand(members: String, expected: Bool) throws {
        #expect(try invoice(members).paidOutOfBand == expected)
    }

    @Test(
        "not at all when a member has an impossible type",
        arguments: [
            #""amount_due": "1900""#, #""amount_due": 19.5"#, #""amount_due": 9223372036854775808"#, #""customer": 7"#, #""status": true"#,
            #""lines": {"data": [7]}"#, #""lines": {"data": 7}"#, #""next_payment_attempt": "soon""#,
        ])
    func impossible(members: String) {
        #expect(throws: StripeError.self) { try self.invoice(members) }
    }
}
