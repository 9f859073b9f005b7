import Foundation
import Models
import Testing

@testable import Stripe

@Suite("A Stripe event")
struct StripeEventEnvelopeTests {
    static let customer = #"{"id": "cus_1", "object": "customer", "livemode": false, "metadata": {"user_id": "user_1"}}"#

    @Test("is read with all that surrounds its object")
    func whole() throws {
        let event = try StripeEventEnvelope(
            json: Array(
                #"""
                {"id": "evt_1", "object": "event", "account": "acct_1", "api_version": "2024-06-20", "created": 1795406400,
                 "livemode": true, "type": "customer.updated", "something_new": {"a": [1]},
                 "data": {"object": \#(Self.customer), "previous_attributes": {"name": null}}}
                """#.utf8))
        #expect(event.id == "evt_1" && event.type == "customer.updated" && event.account == "acct_1")
        #expect(event.created == Date(timeIntervalSince1970: 1_795_406_400))
        #expect(event.apiVersion == "2024-06-20" && event.livemode)
        #expect(event.objectID == "cus_1" && event.undecodable == nil)
        #expect(event.object == .customer(CustomerFacts(id: "cus_1", userID: "user_1")))
    }

    @Test("needs neither a version nor an account")
    func least() throws {
        let json =
            #"{"id": "e", "object": "event", "api_version": null, "created": 0, "livemode": false, "type": "a.b", "data": {"object": {}}}"#
        let event = try StripeEventEnvelope(json: Array(json.utf8))
        #expect(event.apiVersion == nil && event.account == nil && event.objectID == nil && event.object == nil && event.undecodable == nil)
    }

    @Test(
        "is kept without its object when the kind is not used",
        arguments: [
            "payout.paid", "setup_intent.created", "customer.source.created", "topup.created",
            "invoiceitem.created", "price.updated", "billing_portal.session.created", "nothing", "invented.tomorrow",
            "customer.tax_id.created",
        ])
    func unused(type: String) throws {
        let event = try envelope(type, #"{"id": "x_1", "object": "whatever", "status": 7}"#)
        #expect(event.objectID == "x_1" && event.object == nil && event.undecodable == nil)
    }

    @Test(
        "takes the kind of its object from its type",
        arguments: [
            ("customer.created", "customer"), ("customer.subscription.deleted", "subscription"), ("invoice.paid", "invoice"),
            ("invoice_payment.paid", "invoice_payment"), ("payment_intent.succeeded", "payment_intent"), ("charge.refunded", "charge"),
            ("checkout.session.completed", "checkout.session"), ("customer.subscription.invented", "subscription"),
        ])
    func kinds(type: String, name: String) throws {
        let object = """
            {"id": "x_1", "object": "\(name)", "customer": "cus_1", "status": "s", "mode": "payment", "currency": "eur", "amount": 1,
             "invoice": "in_1", "created": 0}
            """
        let event = try envelope(type, object)
        #expect(event.undecodable == nil)
        #expect(event.object != nil)
        #expect(event.objectID == "x_1")
    }

    @Test("says why its object cannot be read, naming the member and no value")
    func undecodable() throws {
        let missing = try envelope("invoice.paid", #"{"id": "in_1", "object": "invoice", "created": 0}"#)
        #expect(missing.object == nil && missing.objectID == "in_1")
        #expect(missing.undecodable?.hasSuffix("currency is null") == true)

        let wrong = try envelope("invoice.paid", #"{"id": "in_1", "object": "invoice", "currency": "eur", "created": "canary"}"#)
        #expect(wrong.undecodable?.hasSuffix("created has another type") == true)

        let other = try envelope("invoice.paid", #"{"id": "cus_1", "object": "customer", "currency": "canary"}"#)
        #expect(other.undecodable == "object is not invoice")
        for event in [missing, wrong, other] { #expect(event.undecodable?.contains("canary") == false) }
    }

    @Test(
        "takes no object from a preview of an invoice",
        arguments: [#"{"object": "invoice"}"#, #"{"object": "invoice", "id": "upcoming_in_1"}"#])
    func upcoming(object: String) throws {
        let event = try envelope("invoice.upcoming", object)
        #expect(event.object == nil && event.undecodable == nil)
    }

    @Test(
        "is nothing but a whole event",
        arguments: [
            #"{"id": "e", "object": "v2.core.event", "type": "v1.a.b", "livemode": false, "created": "2026-01-01T10:00:00.000Z"}"#,
            "", " ", "null", "[]", "7", #""event""#, "{", "{}", "\u{FEFF}{}x",
            #"{"id": "e", "object": "customer", "created": 0, "livemode": false, "type": "a.b", "data": {"object": {}}}"#,
            #"{"object": "event", "created": 0, "livemode": false, "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": "", "object": "event", "created": 0, "livemode": false, "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": 7, "object": "event", "created": 0, "livemode": false, "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": "e", "object": "event", "livemode": false, "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": "e", "object": "event", "created": 0.5, "livemode": false, "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": "e", "object": "event", "created": 1e400, "livemode": false, "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": "e", "object": "event", "created": 0, "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": "e", "object": "event", "created": 0, "livemode": "false", "type": "a.b", "data": {"object": {}}}"#,
            #"{"id": "e", "object": "event", "created": 0, "livemode": false, "data": {"object": {}}}"#,
            #"{"id": "e", "object": "event", "created": 0, "livemode": false, "type": "a.b", "data": {}}"#,
            #"{"id": "e", "object": "event", "created": 0, "livemode": false, "type": "a.b", "data": {"object": "x"}}"#,
            #"{"id": "e", "object": "event", "created": 0, "livemode": false, "type": "a.b"}"#,
            #"{"id": "e", "object": "event", "created": 0, "livemode": false, "type": "a.b", "data": {"object": {}}} x"#,
        ])
    func notAnEvent(json: String) {
        #expect(throws: StripeError.self) { try StripeEventEnvelope(json: Array(json.utf8)) }
        do { _ = try StripeEventEnvelope(json: Array(json.utf8)) } catch { #expect(error.kind == .notAnEvent) }
    }

    @Test("is refused, not recursed into, when it nests too deep", arguments: [65, 511, 513, 100_000])
    func deep(levels: Int) {
        let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        #expect(throws: StripeError.self) { try envelope("a.b", #"{"id": "x", "deep": \#(nested)}"#) }
    }

    @Test("may be in no valid UTF-8 at all")
    func notUTF8() {
        #expect(throws: StripeError.self) { try StripeEventEnvelope(json: [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x7D]) }
        #expect(throws: StripeError.self) { try StripeEventEnvelope(json: [0, 1, 2]) }
    }

    @Test("keeps text that PostgreSQL cannot, with a replacement")
    func nul() throws {
        let event = try envelope("customer.created", #"{"id": "cus_1", "object": "customer", "metadata": {"user_id": "a\u0000b"}}"#)
        #expect(event.object?.userID == "a\u{FFFD}b")
    }
}
