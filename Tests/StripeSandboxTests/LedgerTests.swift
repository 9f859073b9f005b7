import Testing

@testable import StripeSandbox

@Suite("The ledger")
struct LedgerTests {
    @Test("each customer has what was charged and refunded by currency, each invoice its attempts")
    func attempts() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 36)
        try fixture.call("POST", "/v1/refunds", "charge=\(fixture.account.charges.ids[0])&amount=400")
        let entry = Ledger(fixture.account).json["customers"]?.elements.first
        #expect(
            entry?["currencies"] == [
                ["currency": "usd", "charged": 1900, "refunded": 400, "disputed": 0, "charges": 1, "failed_charges": 2]
            ])
        #expect(entry?["subscriptions"]?.elements.map { $0["status"] } == ["past_due"])
        let invoices = entry?["invoices"]?.elements ?? []
        #expect(invoices.map { $0["subscription"] } == [.text(subscription), .text(subscription)])
        let outcomes: [[String]] = invoices.map { invoice in (invoice["attempts"]?.elements ?? []).map { $0["status"]?.string ?? "" } }
        #expect(outcomes == [["succeeded"], ["failed", "failed"]])
        #expect(invoices.last?["attempts"]?.elements.first?["decline_code"] == "generic_decline")
    }

    @Test("currencies are kept apart and come by name, guests by themselves")
    func currencies() throws {
        var fixture = AccountFixture()
        for currency in ["usd", "eur", "usd"] {
            let form =
                "mode=payment&success_url=http://shop.test/ok&line_items[0][quantity]=1&line_items[0][price_data][currency]=\(currency)"
                + "&line_items[0][price_data][unit_amount]=500&line_items[0][price_data][product_data][name]=Hour"
            let session = try fixture.id(fixture.call("POST", "/v1/checkout/sessions", form))
            _ = fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails())
        }
        let ledger = Ledger(fixture.account).json
        let shown = ledger["totals"]?["currencies"]?.elements ?? []
        #expect(shown.map { $0["currency"] } == ["eur", "usd"])
        #expect(shown.map { $0["charged"] } == [500, 1000])
        #expect(ledger["guests"]?["currencies"] == ledger["totals"]?["currencies"])
    }

    @Test("two looks at the same account are the same, customer by customer in the order they came")
    func stable() throws {
        var fixture = AccountFixture()
        for _ in 1...20 { _ = try fixture.signUp() }
        fixture.advance(days: 40)
        let one = Ledger(fixture.account).json
        #expect(one == Ledger(fixture.account).json)
        #expect(one["customers"]?.elements.map { $0["customer"]?.string ?? "" } == fixture.account.customers.ids)
    }
}
