import Testing

@testable import StripeSandbox

@Suite("Paying a session")
struct CheckoutTests {
    @Test("a declined card leaves a payment intent and nothing else, and the next card pays the same one")
    func declinedThenPaid() throws {
        var fixture = AccountFixture()
        let session = try fixture.openSession()
        let declined = try fixture.types {
            let outcome = $0.account.pay(session: session, with: try TestCard.find("4000000000009995"), billing: BillingDetails())
            #expect(outcome == .declined("Your card has insufficient funds."))
        }
        // Changelog 2025-03-31: "Failed payment attempts no longer result in an incomplete subscription with a finalized invoice."
        #expect(declined == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"])
        #expect(fixture.account.subscriptions.count == 0 && fixture.account.invoices.count == 0)
        let intent = fixture.account.paymentIntents.ids[0]
        #expect(try fixture.listed("/v1/invoice_payments", "payment[type]=payment_intent&payment[payment_intent]=\(intent)") == [])
        #expect(fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails()) == .paid)
        #expect(fixture.account.subscriptions.all.map(\.status) == [.active])
        #expect(fixture.account.invoices.all.map(\.paymentIntent) == [intent])
        #expect(fixture.account.charges.all.map(\.invoice) == Array(repeating: fixture.account.invoices.ids[0], count: 2))
        #expect(try fixture.listed("/v1/invoice_payments", "payment[type]=payment_intent&payment[payment_intent]=\(intent)").count == 1)
    }

    @Test("who is nobody's customer becomes one when the payment succeeds, not before")
    func guest() throws {
        var fixture = AccountFixture()
        let session = try fixture.id(
            fixture.call(
                "POST", "/v1/checkout/sessions",
                "mode=subscription&success_url=http://shop.test/ok&line_items[0][price]=price_basic&customer_email=new@example.com"))
        _ = fixture.account.pay(session: session, with: try TestCard.find("4000000000000002"), billing: BillingDetails())
        #expect(fixture.account.customers.count == 0)
        _ = fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails())
        let customer = fixture.account.customers.ids[0]
        #expect(fixture.account.paymentIntents.all.map(\.customer) == [customer])
        #expect(fixture.account.charges.newestFirst.first?.customer == customer)
    }

    @Test("before 2025-03-31 a declined card leaves an incomplete subscription, and the next card completes the same one")
    func declinedThenPaidBefore() throws {
        var fixture = AccountFixture(version: "2024-06-20")
        let session = try fixture.openSession()
        let declined = try fixture.types {
            _ = $0.account.pay(session: session, with: try TestCard.find("4000000000009995"), billing: BillingDetails())
        }
        #expect(
            declined == [
                "customer.subscription.created", "invoice.created", "invoice.finalized", "payment_intent.created", "customer.updated",
            ] + Sequence.failed)
        #expect(fixture.account.subscriptions.all.map(\.status) == [.incomplete])
        #expect(fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails()) == .paid)
        #expect(fixture.account.subscriptions.all.map(\.status) == [.active])
        #expect(fixture.account.invoices.count == 1)
    }

    @Test("before 2025-03-31 an incomplete subscription that is never paid expires, and its invoice and intent with it")
    func incompleteExpires() throws {
        var fixture = AccountFixture(version: "2024-06-20")
        let session = try fixture.openSession()
        _ = fixture.account.pay(session: session, with: try TestCard.find("4000000000000002"), billing: BillingDetails())
        let types = fixture.types { $0.advance(days: 2) }
        #expect(
            types == [
                "customer.subscription.updated", "invoice.updated", "invoice.voided", "payment_intent.canceled", "checkout.session.expired",
            ])
        #expect(fixture.account.subscriptions.all.map(\.status) == [.incompleteExpired])
    }

    @Test("a form sent twice pays once")
    func twice() throws {
        var fixture = AccountFixture()
        let session = try fixture.openSession()
        let card = try TestCard.find("4242424242424242")
        for _ in 1...2 { #expect(fixture.account.pay(session: session, with: card, billing: BillingDetails()) == .paid) }
        #expect(fixture.account.charges.count == 1)
    }

    @Test("a one-time payment makes an intent and no invoice")
    func oneTime() throws {
        var fixture = AccountFixture()
        let session = try fixture.id(
            fixture.call(
                "POST", "/v1/checkout/sessions",
                "mode=payment&success_url=http://shop.test/ok&line_items[0][quantity]=3&line_items[0][price_data][currency]=usd"
                    + "&line_items[0][price_data][unit_amount]=700&line_items[0][price_data][product_data][name]=Credits"))
        let types = try fixture.types {
            _ = $0.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails())
        }
        #expect(
            types == [
                "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "charge.updated",
            ])
        #expect(fixture.account.paymentIntents.all.map(\.amount) == [2100])
    }

    @Test("a session without a customer makes one when it is paid")
    func makesCustomer() throws {
        var fixture = AccountFixture()
        let session = try fixture.id(
            fixture.call(
                "POST", "/v1/checkout/sessions",
                "mode=subscription&success_url=http://shop.test/ok&line_items[0][price]=price_basic&customer_email=new@example.com"))
        _ = fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails())
        #expect(fixture.account.customers[fixture.account.sessions[session]?.customer]?.email == "new@example.com")
    }

    @Test("an unknown card is refused before anything happens")
    func unknownCard() {
        #expect(throws: APIError.self) { try TestCard.find("4111111111111111") }
    }

    @Test("months end on the anchor's day, or on the last of a shorter month")
    func billingCycle() {
        let january31 = 1_769_853_600  // 2026-01-31 10:00 UTC
        let february28 = BillingCycle.end(after: january31, anchor: january31)
        #expect(february28 == 1_772_272_800)
        #expect(BillingCycle.end(after: february28, anchor: january31) == 1_774_951_200)
    }

    @Test(
        "a payment or a failure moves a status by rule",
        arguments: [
            (Subscription.Status.incomplete, Subscription.Status.active, Subscription.Status.incomplete), (.active, .active, .pastDue),
            (.pastDue, .active, .pastDue), (.unpaid, .active, .unpaid), (.canceled, .canceled, .canceled),
            (.trialing, .trialing, .pastDue),
        ])
    func statuses(_ before: Subscription.Status, _ paid: Subscription.Status, _ failed: Subscription.Status) {
        #expect(Dunning.statusAfterPayment(before) == paid)
        #expect(Dunning.statusAfterFailure(before) == failed)
    }
}
