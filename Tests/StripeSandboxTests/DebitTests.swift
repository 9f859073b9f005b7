import Testing

@testable import StripeSandbox

@Suite("SEPA debits")
struct DebitTests {
    private static let begun = [
        "payment_intent.created", "charge.pending", "payment_intent.processing", "checkout.session.completed",
    ]

    @Test("a debit that fails is told of after the session was completed (sequence 22)", arguments: ["2026-05-27.dahlia", "2024-06-20"])
    func fails(version: String) throws {
        var fixture = AccountFixture(version: version)
        let session = try Self.openSession(&fixture)
        #expect(try fixture.types { try Self.pay(session, &$0, from: "DE62370400440532013001") } == Self.begun)
        let completed = fixture.newestEvent("checkout.session.completed")?.object
        #expect(completed?["status"] == "complete")
        #expect(completed?["payment_status"] == "unpaid")
        #expect(completed?["payment_method_types"] == ["sepa_debit"])
        let types = fixture.types { $0.advance(days: 0, seconds: 10) }
        #expect(types == ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"])
        #expect(fixture.newestEvent("checkout.session.async_payment_failed")?.object["payment_status"] == "unpaid")
        let intent = try fixture.call("GET", "/v1/payment_intents/\(fixture.account.paymentIntents.ids[0])")
        #expect(intent["status"] == "requires_payment_method")
        #expect(intent["last_payment_error"]?["code"] == "payment_intent_payment_attempt_failed")
    }

    @Test("a slow debit that succeeds takes three minutes")
    func succeeds() throws {
        var fixture = AccountFixture()
        let session = try Self.openSession(&fixture)
        try Self.pay(session, &fixture, from: "AT32 1904 3002 3547 3204")
        #expect(fixture.types { $0.advance(days: 0, seconds: 179) } == [])
        #expect(
            fixture.types { $0.advance(days: 0, seconds: 1) } == [
                "charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded", "charge.updated",
            ])
        #expect(try fixture.call("GET", "/v1/checkout/sessions/\(session)")["payment_status"] == "paid")
        let charge = try fixture.call("GET", "/v1/charges")["data"]?.elements.first
        #expect(charge?["payment_method_details"]?["sepa_debit"]?["bank_code"] == "19043")
        #expect(charge?["payment_method_details"]?["card"] == nil)
    }

    @Test("a debit that was not authorized is lost at once")
    func disputed() throws {
        var fixture = AccountFixture()
        let session = try Self.openSession(&fixture)
        try Self.pay(session, &fixture, from: "AT591904300235473203")
        let types = fixture.types { $0.advance(days: 1) }
        #expect(
            types.suffix(3) == ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"])
        #expect(fixture.account.disputes.all.map(\.reason) == ["debit_not_authorized"])
    }

    @Test(
        "a debit's failure has its own code",
        arguments: [
            ("AT981904300000343434", "charge_exceeds_source_limit"), ("AT601904300000121212", "charge_exceeds_weekly_limit"),
            ("AT981904300002222227", "insufficient_funds"),
        ])
    func codes(iban: String, code: String) throws {
        var fixture = AccountFixture()
        let session = try Self.openSession(&fixture)
        try Self.pay(session, &fixture, from: iban)
        fixture.advance(days: 1)
        #expect(fixture.newestEvent("charge.failed")?.object["failure_code"] == .text(code))
    }

    @Test("debits are in euro, once, from test accounts")
    func refuses() throws {
        var fixture = AccountFixture()
        #expect(throws: APIError.self) { try fixture.openSession("&payment_method_types[]=sepa_debit") }
        #expect(throws: APIError.self) { try Self.openSession(&fixture, currency: "usd") }
        #expect(throws: APIError.self) { try TestBankAccount.find("DE00") }
        let session = try Self.openSession(&fixture)
        let outcome = fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails())
        #expect(outcome == .declined("This page does not take this payment method."))
    }

    @Test("the page asks for an account where the session takes debits")
    func page() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let form = Self.form(currency: "eur") + "&payment_method_types[]=card"
            let session = try await browser.api("/v1/checkout/sessions", form: form)["url"] as? String ?? ""
            let path = session.replacing(url, with: "")
            let page = try await browser.send(path).body
            #expect(page.contains(#"<label for="account">"#))
            #expect(page.contains(#"<label for="card">"#))
            #expect(try await browser.send(path, form: "account=DE00").status == 402)
            #expect(try await browser.send(path, form: "account=DE89370400440532013000").status == 303)
            #expect(await sandbox.account.paymentIntents.all.map(\.status) == [.processing])
        }
    }

    private static func form(currency: String) -> String {
        "mode=payment&success_url=http://shop.test/ok&payment_method_types[]=sepa_debit&line_items[0][price_data][currency]=\(currency)"
            + "&line_items[0][price_data][unit_amount]=1900&line_items[0][price_data][product_data][name]=Credits"
    }

    @discardableResult
    private static func openSession(_ fixture: inout AccountFixture, currency: String = "eur") throws -> String {
        try fixture.id(fixture.call("POST", "/v1/checkout/sessions", form(currency: currency)))
    }

    private static func pay(_ session: String, _ fixture: inout AccountFixture, from iban: String) throws {
        let outcome = fixture.account.pay(
            session: session, from: .bankAccount(try TestBankAccount.find(iban)), billing: BillingDetails(email: "ada@example.com"))
        #expect(outcome == .paid)
    }
}
