import Testing

@testable import StripeSandbox

@Suite("Prorations")
struct ProrationTests {
    @Test(
        "the share of what is left of a period is right to the second",
        arguments: [(0, 3100), (15, 1600), (31, 0), (40, 0), (-1, 3100)])
    func share(time: Int, expected: Int) {
        #expect(Proration.share(of: 3100, at: time, from: 0, to: 31) == expected)
    }

    @Test("a change of price is settled with the next invoice unless something else is said")
    func nextInvoice() throws {
        var fixture = AccountFixture()
        let subscription = try Self.halfway(&fixture)
        let types = try fixture.types { try Self.change(subscription, to: "price_premium", "", &$0) }
        #expect(types == ["customer.subscription.updated"])
        fixture.advance(days: 18)
        #expect(fixture.account.charges.all.map(\.amount) == [1900, 6400])
        let invoice = try fixture.call("GET", "/v1/invoices/\(fixture.account.invoices.ids[1])")
        let lines = invoice["lines"]?["data"]?.elements ?? []
        #expect(lines.compactMap { $0["amount"]?.integer } == [-950, 2450, 4900])
        #expect(lines.compactMap { $0["description"]?.string }.first == "Unused time on Basic after 16 Jan 2026")
        let details = lines.first?["parent"]?["subscription_item_details"]
        #expect(details?["proration"] == true)
        #expect(details?["proration_details"]?["credited_items"]?["invoice"] == .text(fixture.account.invoices.ids[0]))
        let older = try fixture.call("GET", "/v1/invoices/\(fixture.account.invoices.ids[1])", version: "2024-06-20")
        #expect(older["lines"]?["data"]?.elements.map { $0["proration"] == true } == [true, true, false])
    }

    @Test("an invoice of its own is charged at once where that is asked for")
    func ownInvoice() throws {
        var fixture = AccountFixture()
        let subscription = try Self.halfway(&fixture)
        let types = try fixture.types { try Self.change(subscription, to: "price_premium", "&proration_behavior=always_invoice", &$0) }
        #expect(
            types == ["customer.subscription.updated", "invoice.created", "invoice.finalized", "payment_intent.created"]
                + Sequence.collected + ["charge.updated"])
        #expect(fixture.account.charges.all.map(\.amount) == [1900, 1500])
        #expect(fixture.account.invoices.all.map(\.billingReason) == ["subscription_create", "subscription_update"])
        fixture.advance(days: 18)
        #expect(fixture.account.charges.all.map(\.amount) == [1900, 1500, 4900])
    }

    @Test("without prorations the new price begins with the next period")
    func none() throws {
        var fixture = AccountFixture()
        let subscription = try Self.halfway(&fixture)
        try Self.change(subscription, to: "price_premium", "&proration_behavior=none", &fixture)
        fixture.advance(days: 18)
        #expect(fixture.account.charges.all.map(\.amount) == [1900, 4900])
    }

    @Test("what a cheaper price gives back is credit for the next invoice")
    func credit() throws {
        var fixture = AccountFixture()
        let subscription = try Self.halfway(&fixture)
        try Self.change(subscription, to: "price_premium", "&proration_behavior=none", &fixture)
        let types = try fixture.types { try Self.change(subscription, to: "price_basic", "&proration_behavior=always_invoice", &$0) }
        #expect(
            types == [
                "customer.subscription.updated", "invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded",
            ])
        #expect(fixture.account.customers[fixture.customer]?.balance == -1500)
        fixture.advance(days: 18)
        #expect(fixture.account.charges.all.map(\.amount) == [1900, 400])
        #expect(fixture.account.customers[fixture.customer]?.balance == 0)
    }

    @Test(
        "what cannot be changed is refused",
        arguments: ["items[0][price]=price_none", "items[0][price]=price_basic", "items[0][id]=si_none", "trial_end=now"])
    func refuses(form: String) throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/subscriptions/\(subscription)", form) }
    }

    /// A subscription in the middle of its first month of 31 days.
    private static func halfway(_ fixture: inout AccountFixture) throws -> String {
        let subscription = try fixture.signUp()
        fixture.advance(days: 15, seconds: 43_200)
        return subscription
    }

    private static func change(_ subscription: String, to price: String, _ extra: String, _ fixture: inout AccountFixture) throws {
        let item = fixture.account.subscriptions[subscription]?.items.first?.id ?? ""
        try fixture.call("POST", "/v1/subscriptions/\(subscription)", "items[0][id]=\(item)&items[0][price]=\(price)" + extra)
    }
}
