import Testing

@testable import StripeSandbox

/// Subscriptions and payments that a request makes by itself (API reference; what `stripe trigger` sends).
@Suite("Subscriptions and payments by request")
struct SubscribingTests {
    private static func account(card: String = "pm_card_visa") throws -> AccountFixture {
        var fixture = AccountFixture()
        fixture.customer = try fixture.id(fixture.call("POST", "/v1/customers", "email=ada@example.com"))
        if !card.isEmpty {
            let method = try fixture.id(fixture.call("POST", "/v1/payment_methods/\(card)/attach", "customer=\(fixture.customer)"))
            try fixture.call("POST", "/v1/customers/\(fixture.customer)", "invoice_settings[default_payment_method]=\(method)")
        }
        return fixture
    }

    @Test("a card that works begins an active subscription, told of as it is")
    func active() throws {
        var fixture = try Self.account()
        let types = try fixture.types {
            let made = try $0.call(
                "POST", "/v1/subscriptions", "customer=\($0.customer)&items[0][price]=price_basic&items[1][price]=price_premium")
            #expect(made["status"] == "active")
        }
        // As `stripe trigger customer.subscription.deleted` was seen on 2026-03-19: no change of the subscription after its making.
        #expect(
            types == [
                "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "customer.subscription.created",
                "invoice.created", "invoice.finalized", "customer.updated", "invoice_payment.paid", "invoice.paid",
                "invoice.payment_succeeded", "charge.updated",
            ])
        #expect(fixture.account.charges.all.map(\.amount) == [6800])
        #expect(fixture.types { $0.advance(days: 32) } == Sequence.renewal)
    }

    @Test(
        "a card that does not leaves it incomplete, and a payment within 23 hours begins it",
        arguments: ["pm_card_chargeCustomerFail", "pm_card_authenticationRequired", ""])
    func incomplete(card: String) throws {
        var fixture = try Self.account(card: card)
        let made = try fixture.call(
            "POST", "/v1/subscriptions", "customer=\(fixture.customer)&items[0][price]=price_basic&off_session=true")
        #expect(made["status"] == "incomplete")
        let invoice = made["latest_invoice"]?.string ?? ""
        try fixture.call("POST", "/v1/invoices/\(invoice)/pay", "payment_method=pm_card_mastercard")
        let id = try fixture.id(made)
        #expect(fixture.account.subscriptions[id]?.status == .active)
        fixture.advance(days: 2)
        #expect(fixture.account.subscriptions[id]?.status == .active)
    }

    @Test("incomplete for 23 hours, it has expired")
    func expires() throws {
        var fixture = try Self.account(card: "")
        let id = try fixture.id(fixture.call("POST", "/v1/subscriptions", "customer=\(fixture.customer)&items[0][price]=price_basic"))
        fixture.advance(days: 1)
        #expect(fixture.account.subscriptions[id]?.status == .incompleteExpired)
        #expect(fixture.account.invoices.all.map(\.status) == [.void])
    }

    @Test("a customer who is there is asked by the bank, and the subscription begins when they come back")
    func challenged() throws {
        var fixture = try Self.account(card: "pm_card_authenticationRequired")
        let made = try fixture.call("POST", "/v1/subscriptions", "customer=\(fixture.customer)&items[0][price]=price_basic")
        #expect(made["status"] == "incomplete")
        #expect(fixture.newestEvent("invoice.payment_action_required") != nil)
        let intent = fixture.account.paymentIntents.ids[0]
        #expect(fixture.account.authenticate(paymentIntent: intent, succeeds: true) == .paid)
        #expect(fixture.account.subscriptions.all.map(\.status) == [.active])
    }

    @Test("default_incomplete charges nothing; error_if_incomplete makes nothing that is not paid")
    func behaviors() throws {
        var fixture = try Self.account(card: "pm_card_chargeCustomerFail")
        let form = "customer=\(fixture.customer)&items[0][price]=price_basic&off_session=true"
        #expect(throws: APIError.self) {
            try fixture.call("POST", "/v1/subscriptions", form + "&payment_behavior=error_if_incomplete")
        }
        #expect(fixture.account.subscriptions.count == 0 && fixture.account.charges.count == 0)
        let saved = "&payment_behavior=default_incomplete&payment_settings[save_default_payment_method]=on_subscription"
        let made = try fixture.call("POST", "/v1/subscriptions", form + saved)
        #expect(made["status"] == "incomplete" && fixture.account.charges.count == 0)
        let intent = fixture.account.paymentIntents.ids[0]
        try fixture.call("POST", "/v1/payment_intents/\(intent)/confirm", "payment_method=pm_card_visa")
        let id = try fixture.id(made)
        #expect(fixture.account.subscriptions[id]?.status == .active)
        #expect(fixture.account.subscriptions[id]?.defaultPaymentMethod == fixture.account.paymentIntents[intent]?.paymentMethod)
    }

    @Test(
        "a trial takes no money, and what is asked for wrongly is refused by name",
        arguments: [
            ("items[0][price]=price_none", "items[0][price]"), ("", "items"),
            ("items[0][price]=price_basic&days_until_due=3", "days_until_due"),
            ("items[0][price]=price_basic&payment_behavior=pending_if_incomplete", "payment_behavior"),
            ("items[0][price]=price_basic&backdate_start_date=1", "backdate_start_date"),
            ("items[0][price]=price_basic&billing_mode[type]=classic", "billing_mode[type]"),
        ])
    func refuses(form: String, param: String) throws {
        var fixture = try Self.account()
        let trial = try fixture.call(
            "POST", "/v1/subscriptions", "customer=\(fixture.customer)&items[0][price]=price_basic&trial_period_days=7")
        #expect(trial["status"] == "trialing" && fixture.account.charges.count == 0)
        let error = #expect(throws: APIError.self) {
            try fixture.call("POST", "/v1/subscriptions", "customer=\(fixture.customer)&" + form)
        }
        #expect(error?.status == 400 && error?.param == param)
    }

    @Test("what a client writes on a subscription, its items and their prices stays there")
    func remembers() throws {
        var fixture = try Self.account()
        let product = try fixture.id(fixture.call("POST", "/v1/products", "name=VM&description=8 cores&metadata[cores]=8"))
        let price = try fixture.call(
            "POST", "/v1/prices",
            "currency=usd&unit_amount=900&recurring[interval]=month&product=\(product)&nickname=small&metadata[tier]=1")
        #expect(price["nickname"] == "small" && price["metadata"] == ["tier": "1"])
        #expect(try fixture.call("GET", "/v1/products/\(product)")["description"] == "8 cores")
        #expect(try fixture.call("GET", "/v1/products/\(product)")["metadata"] == ["cores": "8"])
        let made = try fixture.call(
            "POST", "/v1/subscriptions",
            "customer=\(fixture.customer)&items[0][price]=\(fixture.id(price))&items[0][metadata][vm]=7&description=rent"
                + "&billing_mode[type]=flexible")
        let item = try #require(made["items"]?["data"]?.elements.first)
        #expect(item["metadata"] == ["vm": "7"] && made["description"] == "rent")
        let changed = try fixture.call(
            "POST", "/v1/subscriptions/\(fixture.id(made))",
            "items[0][id]=\(fixture.id(item))&items[0][metadata][host]=a&items[0][price]=price_basic&description=")
        #expect(changed["items"]?["data"]?.elements.first?["metadata"] == ["host": "a", "vm": "7"])
        #expect(changed["description"] == .null)
    }

    // MARK: Payments

    @Test("stripe trigger's payment intents succeed and fail")
    func trigger() throws {
        var fixture = AccountFixture()
        // pkg/fixtures/triggers/payment_intent.succeeded.json and charge.failed.json of stripe-cli.
        let paid = try fixture.call(
            "POST", "/v1/payment_intents",
            "amount=2000&confirm=true&currency=usd&description=x&payment_method=pm_card_visa&payment_method_types[0]=card"
                + "&shipping[name]=Jenny&shipping[address][line1]=510 Townsend St")
        #expect(paid["status"] == "succeeded" && paid["amount_received"] == 2000)
        let error = #expect(throws: APIError.self) {
            try fixture.call(
                "POST", "/v1/payment_intents", "amount=100&confirm=true&currency=usd&payment_method=pm_card_visa_chargeDeclined")
        }
        #expect(error?.status == 402 && error?.code == "card_declined" && error?.paymentIntent?["status"] == "requires_payment_method")
        #expect(fixture.newestEvent("charge.failed") != nil)
    }

    @Test("stripe trigger's subscription begins with a plan and a token, and changes")
    func triggerSubscription() throws {
        // pkg/fixtures/triggers/customer.subscription.updated.json of stripe-cli.
        var fixture = AccountFixture()
        let customer = try fixture.id(fixture.call("POST", "/v1/customers", "description=x&source=tok_visa"))
        let plan = try fixture.id(fixture.call("POST", "/v1/plans", "currency=usd&interval=month&amount=2000&product[name]=myproduct"))
        let made = try fixture.call("POST", "/v1/subscriptions", "customer=\(customer)&items[0][plan]=\(plan)")
        #expect(made["status"] == "active" && fixture.account.charges.all.map(\.amount) == [2000])
        try fixture.call("POST", "/v1/subscriptions/\(try fixture.id(made))", "metadata[foo]=bar")
        #expect(fixture.newestEvent("customer.subscription.updated")?.object["metadata"]?["foo"] == "bar")
    }

    @Test("an intent is confirmed later, asks the bank, or is canceled")
    func confirms() throws {
        var fixture = AccountFixture()
        let made = try fixture.call("POST", "/v1/payment_intents", "amount=500&currency=usd&payment_method=pm_card_authenticationRequired")
        #expect(made["status"] == "requires_confirmation")
        let id = try fixture.id(made)
        let asked = try fixture.call("POST", "/v1/payment_intents/\(id)/confirm", "return_url=http://shop.test")
        #expect(asked["status"] == "requires_action")
        #expect(fixture.account.authenticate(paymentIntent: id, succeeds: true) == .paid)
        #expect(fixture.account.paymentIntents[id]?.status == .succeeded)
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/payment_intents/\(id)/cancel") }
        let other = try fixture.id(fixture.call("POST", "/v1/payment_intents", "amount=500&currency=usd"))
        let canceled = try fixture.call("POST", "/v1/payment_intents/\(other)/cancel", "cancellation_reason=abandoned")
        #expect(canceled["status"] == "canceled" && canceled["cancellation_reason"] == "abandoned")
    }

    @Test("every ready-made card has a number, and every number a course", arguments: TestCard.readyMade.keys.sorted())
    func readyMade(name: String) throws {
        var fixture = AccountFixture()
        do {
            let paid = try fixture.call("POST", "/v1/payment_intents", "amount=500&currency=usd&payment_method=\(name)&confirm=true")
            let isAsked = TestCard.readyMade[name]?.authentication != Authentication.never
            #expect(paid["status"] == (isAsked ? "requires_action" : "succeeded"))
        } catch let error as APIError {
            #expect(error.status == 402 && TestCard.readyMade[name]?.declineOnSession != nil)
        }
    }

    @Test("wallets pay, and say so in the charge", arguments: ["link", "cashapp", "amazon_pay", "apple_pay", "google_pay"])
    func wallets(name: String) throws {
        var fixture = AccountFixture()
        let session = try fixture.openSession(
            "&payment_method_types[0]=card&payment_method_types[1]=link&payment_method_types[2]=cashapp&payment_method_types[3]=amazon_pay")
        let instrument = try Instrument(card: nil, account: nil, wallet: name)
        #expect(fixture.account.pay(session: session, from: instrument, billing: BillingDetails()) == .paid)
        let details = fixture.newestEvent("charge.succeeded")?.object["payment_method_details"]
        if name.hasSuffix("e_pay") {
            #expect(details?["type"] == "card" && details?["card"]?["wallet"]?["type"] == .text(name))
        } else {
            #expect(details?["type"] == .text(name) && details?[name] != nil)
        }
        #expect(fixture.types { $0.advance(days: 32) } == Sequence.renewal)
    }

    @Test(
        "an ACH debit is decided later, or never",
        arguments: [("success", "succeeded"), ("insufficientFunds", "requires_payment_method"), ("processing", "processing")])
    func ach(name: String, status: String) throws {
        var fixture = AccountFixture()
        let form = "amount=500&currency=usd&payment_method=pm_usBankAccount_\(name)&confirm=true"
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/payment_intents", form) }
        #expect(fixture.account.paymentIntents.count == 0)
        let made = try fixture.call("POST", "/v1/payment_intents", form + "&payment_method_types[0]=us_bank_account")
        #expect(made["status"] == "processing")
        fixture.advance(days: 40)
        let later = try fixture.call("GET", "/v1/payment_intents/\(try fixture.id(made))")
        #expect(later["status"] == .text(status))
    }

    @Test("payment methods are made, changed and taken away")
    func methods() throws {
        var fixture = try Self.account(card: "")
        for form in [
            "type=card&card[token]=tok_visa", "type=card&card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=2030",
            "type=sepa_debit&sepa_debit[iban]=DE89370400440532013000&billing_details[email]=a@b.c", "type=link",
        ] {
            let id = try fixture.id(fixture.call("POST", "/v1/payment_methods", form))
            try fixture.call("POST", "/v1/payment_methods/\(id)/attach", "customer=\(fixture.customer)")
            try fixture.call("POST", "/v1/payment_methods/\(id)", "metadata[a]=b")
            let detached = try fixture.call("POST", "/v1/payment_methods/\(id)/detach")
            #expect(detached["customer"] == .null)
            #expect(throws: APIError.self) { try fixture.call("POST", "/v1/payment_methods/\(id)/detach") }
        }
        #expect(throws: APIError.noSuch("token", "tok_none", param: "card[token]", status: 400)) {
            try fixture.call("POST", "/v1/payment_methods", "type=card&card[token]=tok_none")
        }
    }

    @Test("a missing object is a 400 where a parameter names it, a 404 where the path does")
    func missing() throws {
        var fixture = AccountFixture()
        for (method, path, form, param) in [
            ("GET", "/v1/subscriptions", "customer=cus_none", "customer"), ("POST", "/v1/refunds", "charge=ch_none", "charge"),
            ("POST", "/v1/billing_portal/sessions", "customer=cus_none", "customer"),
            ("POST", "/v1/checkout/sessions", "mode=payment&success_url=http://a.b/&customer=cus_none", "customer"),
        ] {
            let error = #expect(throws: APIError.self, "\(path)") { try fixture.call(method, path, form) }
            #expect(error?.status == 400 && error?.code == "resource_missing" && error?.param == param, "\(path)")
        }
        #expect(throws: APIError.noSuch("customer", "cus_none", param: "id")) { try fixture.call("GET", "/v1/customers/cus_none") }
    }
}
