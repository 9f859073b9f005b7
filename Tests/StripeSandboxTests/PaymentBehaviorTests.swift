import Testing

@testable import StripeSandbox

/// What becomes of a change that is not paid (API reference, `payment_behavior`; docs "Pending updates").
@Suite("Changes and their payment")
struct PaymentBehaviorTests {
    /// A subscription in the middle of its first month, and the request that makes it dearer at once.
    private static func halfway(card: String) throws -> (AccountFixture, subscription: String, form: String) {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        fixture.advance(days: 15, seconds: 43_200)
        try fixture.useCard(card)
        let item = fixture.account.subscriptions[subscription]?.items.first?.id ?? ""
        return (fixture, subscription, "items[0][id]=\(item)&items[0][price]=price_premium&proration_behavior=always_invoice")
    }

    private static func price(_ fixture: AccountFixture, _ subscription: String) -> String? {
        fixture.account.subscriptions[subscription]?.items.first?.price
    }

    @Test("by default the change stands and the subscription is past due")
    func allows() throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4000000000000341")
        let changed = try fixture.call("POST", "/v1/subscriptions/\(subscription)", form + "&off_session=true")
        #expect(changed["status"] == "past_due")
        #expect(Self.price(fixture, subscription) == "price_premium")
    }

    @Test("default_incomplete charges nothing until the customer confirms")
    func waits() throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4242424242424242")
        let charges = fixture.account.charges.count
        let changed = try fixture.call(
            "POST", "/v1/subscriptions/\(subscription)", form + "&payment_behavior=default_incomplete&expand[0]=latest_invoice")
        #expect(changed["status"] == "past_due")
        #expect(fixture.account.charges.count == charges)
        let intent = fixture.account.paymentIntents.newestFirst.first?.id ?? ""
        try fixture.call("POST", "/v1/payment_intents/\(intent)/confirm", "payment_method=pm_card_visa")
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test(
        "error_if_incomplete answers 402 and changes nothing, be the card declined or the bank to ask",
        arguments: ["4000000000000002", "4000002760003184"])
    func refuses(card: String) throws {
        var (fixture, subscription, form) = try Self.halfway(card: card)
        let before = try fixture.call("GET", "/v1/subscriptions/\(subscription)")
        let events = fixture.account.events.count
        let error = #expect(throws: APIError.self) {
            try fixture.call("POST", "/v1/subscriptions/\(subscription)", form + "&payment_behavior=error_if_incomplete")
        }
        #expect(error?.status == 402 && error?.type == "card_error")
        #expect(try fixture.call("GET", "/v1/subscriptions/\(subscription)") == before)
        #expect(fixture.account.events.count == events && fixture.account.invoices.count == 1)
    }

    @Test("a refusal shows the payment intent in the version of the request", arguments: ["2024-06-20", "2026-05-27.dahlia"])
    func refusesInVersion(version: String) throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4000000000000002")
        let error = #expect(throws: APIError.self) {
            try fixture.call(
                "POST", "/v1/subscriptions/\(subscription)", form + "&payment_behavior=error_if_incomplete", version: version)
        }
        // `invoice` of a payment intent is gone since 2025-03-31 (changelog).
        #expect((error?.paymentIntent?["invoice"] != nil) == (version == "2024-06-20"))
    }

    @Test("pending_if_incomplete changes at once what is paid at once, and tells of no pending update")
    func paidAtOnce() throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4242424242424242")
        let types = try fixture.types {
            try $0.call("POST", "/v1/subscriptions/\(subscription)", form + "&payment_behavior=pending_if_incomplete")
        }
        #expect(!types.contains("customer.subscription.pending_update_applied"))
        #expect(types.filter { $0 == "customer.subscription.updated" }.count == 1)
        #expect(Self.price(fixture, subscription) == "price_premium")
    }

    @Test("a change that is not paid waits, and happens when it is")
    func applied() throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4000000000000341")
        let waiting = try fixture.call(
            "POST", "/v1/subscriptions/\(subscription)", form + "&payment_behavior=pending_if_incomplete&off_session=true")
        #expect(waiting["status"] == "active")
        #expect(waiting["items"]?["data"]?.elements.first?["price"]?["id"] == "price_basic")
        #expect(waiting["pending_update"]?["expires_at"] == .number(fixture.account.now + 23 * 3600))
        #expect(waiting["pending_update"]?["subscription_items"]?.elements.first?["price"]?["id"] == "price_premium")
        let invoice = waiting["latest_invoice"]?.string ?? ""
        #expect(fixture.account.invoices[invoice]?.status == .open)
        try fixture.useCard("4242424242424242")
        let types = try fixture.types { try $0.call("POST", "/v1/invoices/\(invoice)/pay") }
        #expect(types.suffix(3) == ["customer.subscription.updated", "customer.subscription.pending_update_applied", "charge.updated"])
        #expect(Self.price(fixture, subscription) == "price_premium")
        #expect(fixture.account.subscriptions[subscription]?.pendingUpdate == nil)
    }

    @Test("nobody pays within 23 hours: the invoice is void, and everything as it was")
    func expired() throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4000000000000341")
        try fixture.call("POST", "/v1/subscriptions/\(subscription)", form + "&payment_behavior=pending_if_incomplete&off_session=true")
        let types = fixture.types { $0.advance(days: 0, seconds: 23 * 3600) }
        #expect(
            types == [
                "invoice.updated", "invoice.voided", "payment_intent.canceled", "customer.subscription.updated",
                "customer.subscription.pending_update_expired",
            ])
        #expect(Self.price(fixture, subscription) == "price_basic")
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test("what cannot wait is refused by name", arguments: ["metadata[a]=b", "cancel_at_period_end=true", "default_payment_method=pm_1"])
    func refusedByName(extra: String) throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4242424242424242")
        let error = #expect(throws: APIError.self) {
            try fixture.call("POST", "/v1/subscriptions/\(subscription)", form + "&payment_behavior=pending_if_incomplete&\(extra)")
        }
        #expect(error?.status == 400 && error?.param == String(extra.prefix { $0 != "=" && $0 != "[" }))
    }

    @Test("a preview is what the same change asks for at the same time, in both signs", arguments: [true, false])
    func preview(isDearer: Bool) throws {
        var (fixture, subscription, form) = try Self.halfway(card: "4242424242424242")
        if !isDearer {
            try fixture.call("POST", "/v1/subscriptions/\(subscription)", form)
            form = form.replacing("price_premium", with: "price_basic")
        }
        let time = fixture.account.now
        let parts = form.split(separator: "&").map { part -> String in
            let name = part.prefix { $0 != "[" && $0 != "=" }
            return "subscription_details[\(name)]" + part.dropFirst(name.count)
        }
        fixture.advance(days: 1)
        let events = fixture.account.events.count
        let preview = try fixture.call(
            "POST", "/v1/invoices/create_preview",
            "subscription=\(subscription)&subscription_details[proration_date]=\(time)&" + parts.joined(separator: "&"))
        #expect(fixture.account.events.count == events)
        fixture.advance(days: 1)
        let changed = try fixture.call(
            "POST", "/v1/subscriptions/\(subscription)", form + "&proration_date=\(time)&expand[0]=latest_invoice")
        let invoice = changed["latest_invoice"]
        for name in ["total", "subtotal", "amount_due"] { #expect(preview[name] == invoice?[name] && preview[name] != nil) }
        let amounts = [preview, invoice].map { $0?["lines"]?["data"]?.elements.map { $0["amount"] } }
        #expect(amounts[0] == amounts[1] && amounts[0]?.count == 2)
        #expect(((preview["total"]?.integer ?? 0) < 0) == !isDearer)
    }

    @Test("a preview of the next period is the invoice that it brings, and there is none of what ends")
    func nextPeriod() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let preview = try fixture.call("POST", "/v1/invoices/create_preview", "subscription=\(subscription)")
        fixture.advance(days: 32)
        let invoice = fixture.account.invoices.newestFirst[0]
        #expect(preview["amount_due"] == .number(invoice.amountDue))
        #expect(preview["period_end"] == .number(invoice.periodEnd))
        try fixture.call("POST", "/v1/subscriptions/\(subscription)", "cancel_at_period_end=true")
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/invoices/create_preview", "subscription=\(subscription)") }
    }

    @Test("a preview of a beginning is the first invoice that it brings; its prices are in one currency, as the subscription's")
    func beginning() throws {
        var fixture = AccountFixture()
        let customer = try fixture.id(fixture.call("POST", "/v1/customers", "payment_method=pm_card_visa"))
        let euro = try fixture.id(
            fixture.call("POST", "/v1/prices", "currency=eur&unit_amount=900&recurring[interval]=month&product_data[name]=VM"))
        let items = ["items[0][price]=price_basic", "items[1][price]=price_premium", "items[1][quantity]=2"]
        let preview = try fixture.call(
            "POST", "/v1/invoices/create_preview",
            "customer=\(customer)&" + items.map { "subscription_details[items]" + $0.dropFirst(5) }.joined(separator: "&"))
        try fixture.call("POST", "/v1/subscriptions", "customer=\(customer)&" + items.joined(separator: "&"))
        #expect(preview["amount_due"] == 11_700)
        #expect(fixture.account.invoices.newestFirst.first?.amountDue == 11_700)
        for (path, name) in [("/v1/subscriptions", "items"), ("/v1/invoices/create_preview", "subscription_details[items]")] {
            let error = #expect(throws: APIError.self) {
                try fixture.call("POST", path, "customer=\(customer)&\(name)[0][price]=price_basic&\(name)[1][price]=\(euro)")
            }
            #expect(error?.param == "\(name)[1][price]")
        }
    }

    @Test("an immediate end gives back what is unused, where that is asked for, and asks for what is pending")
    func endsWithCredit() throws {
        var (fixture, subscription, _) = try Self.halfway(card: "4242424242424242")
        let preview = try fixture.call(
            "POST", "/v1/invoices/create_preview", "subscription=\(subscription)&subscription_details[cancel_now]=true")
        #expect(preview["total"] == -950)
        #expect(throws: APIError.self) { try fixture.call("DELETE", "/v1/subscriptions/\(subscription)", "prorate=true") }
        let types = try fixture.types { try $0.call("DELETE", "/v1/subscriptions/\(subscription)", "prorate=true&invoice_now=true") }
        #expect(types.prefix(3) == ["customer.subscription.deleted", "invoice.created", "invoice.finalized"])
        #expect(fixture.account.customers[fixture.customer]?.balance == -950)
    }

    @Test("items are added and taken away, each for its share of the period")
    func items() throws {
        var (fixture, subscription, _) = try Self.halfway(card: "4242424242424242")
        let first = fixture.account.subscriptions[subscription]?.items.first?.id ?? ""
        try fixture.call("POST", "/v1/subscriptions/\(subscription)", "items[0][price]=price_premium&proration_behavior=always_invoice")
        #expect(fixture.account.invoices.newestFirst[0].lines.map(\.amount) == [2450])
        try fixture.call(
            "POST", "/v1/subscriptions/\(subscription)", "items[0][id]=\(first)&items[0][deleted]=true&proration_behavior=always_invoice")
        #expect(fixture.account.invoices.newestFirst[0].lines.map(\.amount) == [-950])
        #expect(fixture.account.subscriptions[subscription]?.items.map(\.price) == ["price_premium"])
        let last = fixture.account.subscriptions[subscription]?.items.first?.id ?? ""
        #expect(throws: APIError.self) {
            try fixture.call("POST", "/v1/subscriptions/\(subscription)", "items[0][id]=\(last)&items[0][deleted]=true")
        }
    }
}
