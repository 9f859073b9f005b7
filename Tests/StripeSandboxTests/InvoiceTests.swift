import Testing

@testable import StripeSandbox

/// What a seller does with invoices (Stripe's support, "Invoice States"; docs "How subscriptions work", voided invoices).
@Suite("Invoices")
struct InvoiceTests {
    /// A subscription whose renewal failed once.
    private static func pastDue() throws -> (AccountFixture, subscription: String, invoice: String) {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 32)
        return (fixture, subscription, fixture.account.subscriptions[subscription]?.latestInvoice ?? "")
    }

    @Test("a draft and a paid invoice cannot be void, an open one can, and the status is then that of the invoice before")
    func voids() throws {
        var (fixture, subscription, invoice) = try Self.pastDue()
        #expect(fixture.account.subscriptions[subscription]?.status == .pastDue)
        let paid = fixture.account.invoices.ids[0]
        #expect(throws: APIError.invalidRequest("You can only void open and uncollectible invoices.", code: "invoice_not_editable")) {
            try fixture.call("POST", "/v1/invoices/\(paid)/void")
        }
        let types = try fixture.types { try $0.call("POST", "/v1/invoices/\(invoice)/void") }
        #expect(types == ["invoice.updated", "invoice.voided", "payment_intent.canceled", "customer.subscription.updated"])
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        try fixture.useCard("4242424242424242")
        fixture.account.advance(to: (fixture.account.subscriptions[subscription]?.periodEnd ?? 0) + 60)
        let draft = fixture.account.subscriptions[subscription]?.latestInvoice ?? ""
        #expect(fixture.account.invoices[draft]?.status == .draft)
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/invoices/\(draft)/void") }
        #expect(throws: APIError.self) { try fixture.call("DELETE", "/v1/invoices/\(draft)") }
    }

    @Test("writing an invoice off makes a past-due subscription active, and it can still be paid")
    func writesOff() throws {
        // "For past_due subscriptions, paying the latest associated invoice or marking it uncollectible transitions the subscription to
        // active" (docs "How subscriptions work").
        var (fixture, subscription, invoice) = try Self.pastDue()
        let types = try fixture.types { try $0.call("POST", "/v1/invoices/\(invoice)/mark_uncollectible") }
        #expect(types == ["invoice.updated", "invoice.marked_uncollectible", "customer.subscription.updated"])
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        #expect(fixture.types { $0.advance(days: 4) } == [])
        try fixture.useCard("4242424242424242")
        try fixture.call("POST", "/v1/invoices/\(invoice)/pay")
        #expect(fixture.account.invoices[invoice]?.status == .paid)
    }

    @Test("an invoice paid out of band is paid without a charge", arguments: ["2024-06-20", "2026-05-27.dahlia"])
    func outOfBand(version: String) throws {
        var (fixture, subscription, invoice) = try Self.pastDue()
        let charges = fixture.account.charges.count
        let types = try fixture.types { try $0.call("POST", "/v1/invoices/\(invoice)/pay", "paid_out_of_band=true") }
        // `invoice.payment_succeeded` is of payments only (docs "Types of events").
        #expect(types == ["invoice.updated", "payment_intent.canceled", "invoice.paid", "customer.subscription.updated"])
        #expect(fixture.account.charges.count == charges)
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        let shown = try fixture.call("GET", "/v1/invoices/\(invoice)", version: version)
        #expect(version == "2024-06-20" ? shown["paid_out_of_band"] == true : shown["amount_paid_off_stripe"] == 1900)
    }

    @Test("an invoice that is told to stay does, and is taken up again within the hour")
    func advances() throws {
        var (fixture, _, invoice) = try Self.pastDue()
        try fixture.call("POST", "/v1/invoices/\(invoice)", "auto_advance=false&metadata[note]=asked")
        #expect(fixture.types { $0.advance(days: 4) } == [])
        #expect(fixture.account.invoices[invoice]?.metadata == ["note": "asked"])
        try fixture.useCard("4242424242424242")
        try fixture.call("POST", "/v1/invoices/\(invoice)", "auto_advance=true")
        fixture.advance(days: 0, seconds: 3600)
        #expect(fixture.account.invoices[invoice]?.status == .paid)
    }

    @Test("an invoice that is sent is open until its due date, and its subscription past due from then on")
    func sent() throws {
        var fixture = AccountFixture()
        fixture.customer = try fixture.id(fixture.call("POST", "/v1/customers", "email=ada@example.com"))
        let subscription = try fixture.id(
            fixture.call(
                "POST", "/v1/subscriptions",
                "customer=\(fixture.customer)&items[0][price]=price_basic&collection_method=send_invoice&days_until_due=7"))
        let types = fixture.types { $0.advance(days: 0, seconds: 3600) }
        #expect(types == ["invoice.finalized", "payment_intent.created", "invoice.sent"])
        let invoice = fixture.account.subscriptions[subscription]?.latestInvoice ?? ""
        #expect(fixture.account.invoices[invoice]?.dueDate == fixture.account.now + 7 * 86_400)
        fixture.advance(days: 7)
        #expect(fixture.account.subscriptions[subscription]?.status == .pastDue)
        #expect(fixture.account.charges.count == 0)
        #expect(fixture.account.pay(invoice: invoice, with: try TestCard.find("4242424242424242")) == .paid)
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test(
        "a change of a subscription whose invoices are sent is sent too, though a card is there",
        arguments: ["off_session=true", "off_session=false", "payment_behavior=pending_if_incomplete"])
    func sendsChange(extra: String) throws {
        var fixture = AccountFixture()
        fixture.customer = try fixture.id(fixture.call("POST", "/v1/customers", "email=ada@example.com"))
        try fixture.useCard("4242424242424242")
        let made = try fixture.call(
            "POST", "/v1/subscriptions",
            "customer=\(fixture.customer)&items[0][price]=price_basic&collection_method=send_invoice&days_until_due=7")
        let types = try fixture.types {
            try $0.call(
                "POST", "/v1/subscriptions/\($0.id(made))",
                "items[0][price]=price_premium&proration_behavior=always_invoice&\(extra)")
        }
        #expect(types.last == "invoice.sent")
        #expect(fixture.account.charges.count == 0)
        #expect(fixture.account.subscriptions.all.map(\.status) == [.active])
    }
}
