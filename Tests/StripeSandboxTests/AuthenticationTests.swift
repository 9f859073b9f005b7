import Testing

@testable import StripeSandbox

@Suite("3-D Secure")
struct AuthenticationTests {
    @Test("the customer is sent to the bank, and the subscription begins when they come back")
    func completes() throws {
        var fixture = AccountFixture()
        let session = try fixture.openSession()
        let asked = try fixture.types {
            let outcome = $0.account.pay(session: session, with: try TestCard.find("4000002760003184"), billing: BillingDetails())
            let intent = $0.account.paymentIntents.ids[0]
            #expect(outcome == .challenged("http://sandbox.test/3ds/\(intent)"))
        }
        #expect(asked == ["payment_intent.created", "payment_intent.requires_action"])
        let intent = fixture.account.paymentIntents.ids[0]
        let waiting = try fixture.call("GET", "/v1/payment_intents/\(intent)")
        #expect(waiting["status"] == "requires_action")
        #expect(waiting["next_action"]?["redirect_to_url"]?["url"] == .text("http://sandbox.test/3ds/\(intent)"))
        let paid = fixture.types { _ = $0.account.authenticate(paymentIntent: intent, succeeds: true) }
        #expect(
            paid == Sequence.signUp.filter { $0 != "customer.created" && $0 != "payment_intent.created" })
        #expect(fixture.account.subscriptions.all.map(\.status) == [.active])
        #expect(fixture.account.authenticate(paymentIntent: intent, succeeds: true) == .paid)
        #expect(fixture.account.charges.count == 1)
    }

    @Test("who fails to prove who they are is charged nothing, and may try another card")
    func fails() throws {
        var fixture = AccountFixture()
        let session = try fixture.openSession()
        _ = fixture.account.pay(session: session, with: try TestCard.find("4000002500003155"), billing: BillingDetails())
        let intent = fixture.account.paymentIntents.ids[0]
        let types = fixture.types { _ = $0.account.authenticate(paymentIntent: intent, succeeds: false) }
        #expect(types == ["payment_intent.payment_failed"])
        let failed = try fixture.call("GET", "/v1/payment_intents/\(intent)")
        #expect(failed["status"] == "requires_payment_method")
        #expect(failed["last_payment_error"]?["code"] == "payment_intent_authentication_failure")
        #expect(fixture.account.charges.count == 0)
        #expect(fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails()) == .paid)
        #expect(fixture.account.paymentIntents.count == 1)
    }

    @Test("a card that was set up renews without its holder")
    func renews() throws {
        var fixture = AccountFixture()
        try signUp(&fixture, card: "4000002500003155")
        #expect(fixture.types { $0.advance(days: 32) } == Sequence.renewal)
    }

    @Test("a card that always asks leaves the renewal waiting, until the customer pays on the invoice's page")
    func renewalWaits() throws {
        var fixture = AccountFixture()
        try signUp(&fixture, card: "4000002760003184")
        let types = fixture.types { $0.advance(days: 32) }
        #expect(
            types == ["invoice.upcoming"] + Sequence.renewalBegins + [
                "charge.failed", "payment_intent.requires_action", "invoice.updated", "invoice.payment_failed",
                "invoice.payment_action_required", "customer.subscription.updated",
            ])
        #expect(fixture.account.subscriptions.all.map(\.status) == [.pastDue])
        let invoice = fixture.account.invoices.ids[1]
        let error = #expect(throws: APIError.self) { try fixture.call("POST", "/v1/invoices/\(invoice)/pay") }
        #expect(error?.code == "invoice_payment_intent_requires_action")
        #expect(error?.status == 402)
        let intent = fixture.account.paymentIntents.ids[1]
        #expect(fixture.account.authenticate(paymentIntent: intent, succeeds: true) == .paid)
        #expect(fixture.account.subscriptions.all.map(\.status) == [.active])
    }

    @Test("the bank's page has a button for either end, and leads back to the shop")
    func page() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let path = try await PageTests.session(browser)
            let sent = try await browser.send(path, form: "card=4000002760003184&email=ada%40example.com")
            #expect(sent.status == 303)
            let bank = (sent.headers["location"] ?? "").replacing(url, with: "")
            let page = try await browser.send(bank).body
            #expect(page.contains(#"value="complete">Complete authentication</button>"#))
            #expect(page.contains(#"value="fail">Fail authentication</button>"#))
            let failed = try await browser.send(bank, form: "outcome=fail")
            #expect(failed.status == 402)
            #expect(failed.body.contains("has failed authentication"))
            _ = try await browser.send(path, form: "card=4000002760003184&email=ada%40example.com")
            let done = try await browser.send(bank, form: "outcome=complete")
            #expect(done.headers["location"]?.hasPrefix("http://shop.test/ok") == true)
            #expect(try await browser.send(bank).body.contains("asks nothing more"))
            #expect(try await browser.send("/3ds/pi_none").status == 404)
            #expect(await sandbox.account.charges.count == 1)
        }
    }

    @Test("a control call ends the way by the bank")
    func control() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser, card: "4000002500003155")
            let path = "/_sandbox/payment_intents/\(await sandbox.account.paymentIntents.ids[0])/authenticate"
            #expect(try await browser.send(path, json: #"{"outcome": "shrug"}"#).status == 400)
            #expect(try await browser.send(path, json: #"{"outcome": "complete"}"#)["outcome"] as? String == "paid")
            #expect(await sandbox.account.subscriptions.all.map(\.status) == [.active])
        }
    }

    private func signUp(_ fixture: inout AccountFixture, card: String) throws {
        let session = try fixture.openSession()
        _ = fixture.account.pay(session: session, with: try TestCard.find(card), billing: BillingDetails())
        #expect(fixture.account.authenticate(paymentIntent: fixture.account.paymentIntents.ids[0], succeeds: true) == .paid)
    }
}
