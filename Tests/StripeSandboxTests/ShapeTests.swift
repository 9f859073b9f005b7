import Testing

@testable import StripeSandbox

@Suite("Objects in both shapes")
struct ShapeTests {
    private static let old = "2024-06-20"

    @Test("a subscription's period is on its items, and was on itself")
    func subscription() throws {
        var fixture = AccountFixture()
        let id = try fixture.signUp()
        let new = try fixture.call("GET", "/v1/subscriptions/\(id)")
        #expect(new["current_period_end"] == nil)
        #expect(new["items"]?["data"]?.elements.first?["current_period_end"] == .number(1_769_940_000))
        #expect(new["billing_mode"]?["type"] == "flexible")
        let old = try fixture.call("GET", "/v1/subscriptions/\(id)", version: Self.old)
        #expect(old["current_period_end"] == .number(1_769_940_000))
        #expect(old["items"]?["data"]?.elements.first?["current_period_end"] == nil)
    }

    @Test("an invoice names its subscription under `parent`, and named it and its payment itself")
    func invoice() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let id = fixture.account.subscriptions[subscription]?.latestInvoice ?? ""
        let new = try fixture.call("GET", "/v1/invoices/\(id)")
        #expect(new["parent"]?["subscription_details"]?["subscription"] == .text(subscription))
        #expect(new["parent"]?["subscription_details"]?["metadata"]?["user_id"] == "user_1")
        for name in ["subscription", "payment_intent", "charge", "paid", "payments"] { #expect(new[name] == nil) }
        let old = try fixture.call("GET", "/v1/invoices/\(id)", version: Self.old)
        #expect(old["subscription"] == .text(subscription))
        #expect(old["paid"] == true)
        #expect(old["payment_intent"] == .optional(fixture.account.invoices[id]?.paymentIntent))
        #expect(old["charge"] == .optional(fixture.account.charges.ids.first))
        #expect(old["parent"] == nil)
    }

    @Test("a first invoice is final when it is told of, and named its payment then")
    func firstInvoice() throws {
        var fixture = AccountFixture(version: Self.old)
        _ = try fixture.signUp()
        let told = fixture.newestEvent("invoice.created")?.object
        #expect(told?["status"] == "open")
        #expect(told?["payment_intent"] == .optional(fixture.account.paymentIntents.ids.first))
        #expect(told?["payment_intent"]?.string != nil)
    }

    @Test("an invoice's line is priced under `pricing`, and had its price itself")
    func line() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let path = "/v1/invoices/\(fixture.account.subscriptions[subscription]?.latestInvoice ?? "")"
        let new = try fixture.call("GET", path)["lines"]?["data"]?.elements.first
        #expect(new?["pricing"]?["price_details"]?["price"] == "price_basic")
        #expect(new?["parent"]?["subscription_item_details"]?["subscription"] == .text(subscription))
        let old = try fixture.call("GET", path, version: Self.old)["lines"]?["data"]?.elements.first
        #expect(old?["price"]?["id"] == "price_basic")
        #expect(old?["type"] == "subscription")
        #expect(old?["pricing"] == nil)
    }

    @Test("an intent and a charge no longer name their invoice")
    func paymentIntent() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        let intent = fixture.account.paymentIntents.ids[0]
        #expect(try fixture.call("GET", "/v1/payment_intents/\(intent)")["invoice"] == nil)
        let invoice = JSON.text(fixture.account.invoices.ids[0])
        #expect(try fixture.call("GET", "/v1/payment_intents/\(intent)", version: Self.old)["invoice"] == invoice)
        #expect(try fixture.call("GET", "/v1/charges", version: Self.old)["data"]?.elements.first?["invoice"] == invoice)
    }

    @Test("the hosted page's mode has two names", arguments: [("2026-05-27.dahlia", "hosted_page"), ("2025-03-31.basil", "hosted")])
    func session(version: String, mode: String) throws {
        var fixture = AccountFixture()
        let id = try fixture.openSession()
        #expect(try fixture.call("GET", "/v1/checkout/sessions/\(id)", version: version)["ui_mode"] == .text(mode))
    }

    @Test("events keep the version in force when they were made")
    func events() throws {
        var fixture = AccountFixture(version: Self.old)
        _ = try fixture.signUp()
        fixture.account.settings.eventVersion = .current
        let listed = try fixture.call("GET", "/v1/events", "type=invoice.paid")["data"]?.elements.first
        #expect(listed?["api_version"] == .text(Self.old))
        #expect(listed?["data"]?["object"]?["paid"] == true)
    }

    @Test("an upcoming invoice has an id in the new shape only", arguments: [("2026-05-27.dahlia", true), ("2024-06-20", false)])
    func upcoming(version: String, hasID: Bool) throws {
        var fixture = AccountFixture(version: version)
        _ = try fixture.signUp()
        fixture.advance(days: 26)
        let id = fixture.newestEvent("invoice.upcoming")?.object["id"]?.string
        #expect(id?.hasPrefix("upcoming_in_") == (hasID ? true : nil))
    }

    @Test("text is written as JSON whatever is in it")
    func pretty() {
        let value: JSON = ["a": "\"\\\n\u{1}é", "b": [], "c": [1, nil], "d": [:]]
        #expect(value.pretty == "{\n  \"a\": \"\\\"\\\\\\n\\u0001é\",\n  \"b\": [],\n  \"c\": [\n    1,\n    null\n  ],\n  \"d\": {}\n}")
    }
}
