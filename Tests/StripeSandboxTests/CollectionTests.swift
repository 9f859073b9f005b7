import Testing

@testable import StripeSandbox

/// How invoices are collected, by the documentation as it was in 2026-09: "Automate payment retries", "How subscriptions work".
@Suite("Collection")
struct CollectionTests {
    private static func account(
        card: String = "4242424242424242", _ change: (inout BillingSettings) -> Void = { _ in }
    ) throws -> (AccountFixture, String) {
        var fixture = AccountFixture()
        change(&fixture.account.settings)
        let subscription = try fixture.signUp()
        if card != "4242424242424242" { try fixture.useCard(card) }
        return (fixture, subscription)
    }

    @Test(
        "after a hard decline the times of the retries pass without a charge, until another card comes",
        arguments: ["4000000000009987", "4000000000009979", "4000000000004954", "4000002760003184"])
    func hardDecline(card: String) throws {
        var (fixture, subscription) = try Self.account(card: "4000000000000341")
        fixture.account.customers[fixture.customer]?.defaultPaymentMethod = nil
        // Declined for good: no second charge with it (nine codes that Stripe does not retry without a new payment method).
        let method = fixture.account.makePaymentMethod(.card(try TestCard.find(card)), billing: BillingDetails())
        fixture.account.subscriptions[subscription]?.defaultPaymentMethod = method.id
        fixture.advance(days: 32)
        let invoice = fixture.account.subscriptions[subscription]?.latestInvoice
        #expect(fixture.account.invoices[invoice]?.nextPaymentAttempt != nil)
        let passed = fixture.types { $0.advance(days: 3) }
        #expect(passed == ["invoice.updated"])
        #expect(fixture.account.charges.all.filter { $0.failure != nil }.count == 1)
        #expect(fixture.account.invoices[invoice]?.attemptCount == 2)
        try fixture.useCard("4242424242424242")
        fixture.advance(days: 5)
        #expect(fixture.account.invoices[invoice]?.status == .paid)
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test("with no payment method nothing is charged, and the last retry's time ends it all the same")
    func missingMethod() throws {
        var (fixture, subscription) = try Self.account()
        try fixture.call("POST", "/v1/payment_methods/\(fixture.account.paymentMethods.ids[0])/detach")
        let types = fixture.types { $0.advance(days: 50) }
        #expect(types.filter { $0 == "invoice.payment_failed" }.count == 1)
        #expect(fixture.account.charges.count == 1)
        #expect(fixture.account.subscriptions[subscription]?.status == .unpaid)
    }

    @Test("smart retries are eight within two weeks")
    func smart() throws {
        var (fixture, subscription) = try Self.account(card: "4000000000000341") { $0.retries = .smart }
        fixture.advance(days: 50)
        let tries = fixture.account.charges.all.filter { $0.failure != nil }.map(\.created)
        #expect(tries.count == 9)
        #expect((tries.last ?? 0) - (tries.first ?? 0) == 14 * 86_400)
        #expect(fixture.account.subscriptions[subscription]?.status == .unpaid)
    }

    @Test("Cash App Pay and Amazon Pay are not tried again, Link is", arguments: [("cashapp", 1), ("amazon_pay", 1), ("link", 4)])
    func wallets(type: String, tries: Int) throws {
        var (fixture, subscription) = try Self.account()
        let wallet = Instrument.wallet(try TestWallet.find(type + "_fails"))
        let method = fixture.account.makePaymentMethod(wallet, billing: BillingDetails())
        fixture.account.subscriptions[subscription]?.defaultPaymentMethod = method.id
        fixture.advance(days: 50)
        #expect(fixture.account.charges.all.filter { $0.failure != nil }.count == tries)
        #expect(fixture.account.subscriptions[subscription]?.status == .unpaid)
    }

    @Test("the last failure of an older invoice changes nothing where the newest is paid")
    func olderInvoice() throws {
        // Stripe's support, "Retry schedules longer than a subscription's billing period".
        var (fixture, subscription) = try Self.account(card: "4000000000000341") { $0.retries = .days([20, 20]) }
        fixture.advance(days: 53)
        let old = fixture.account.subscriptions[subscription]?.latestInvoice
        #expect(fixture.account.invoices[old]?.attemptCount == 2)
        try fixture.useCard("4242424242424242")
        fixture.advance(days: 8)
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        try fixture.useCard("4000000000000341")
        fixture.advance(days: 12)
        #expect(fixture.account.invoices[old]?.attemptCount == 3)
        #expect(fixture.account.invoices[old]?.nextPaymentAttempt == nil)
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test("an unpaid subscription whose open invoice is paid stays unpaid while a later draft exists")
    func unpaidDraft() throws {
        var (fixture, subscription) = try Self.account(card: "4000000000000341")
        fixture.advance(days: 70)
        let open = fixture.account.invoices.all.first { $0.status == .open }?.id ?? ""
        let draft = fixture.account.subscriptions[subscription]?.latestInvoice ?? ""
        try fixture.useCard("4242424242424242")
        try fixture.call("POST", "/v1/invoices/\(open)/pay")
        #expect(fixture.account.subscriptions[subscription]?.status == .unpaid)
        try fixture.call("POST", "/v1/invoices/\(draft)/finalize")
        #expect(fixture.account.invoices[draft]?.status == .open)
        try fixture.call("POST", "/v1/invoices/\(draft)/pay")
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test("left past due, the next period's draft becomes the latest invoice with no attempts, and is charged in its turn")
    func pastDueDraft() throws {
        var (fixture, subscription) = try Self.account(card: "4000000000000341") { $0.afterFinalFailure = .pastDue }
        fixture.account.advance(to: fixture.account.now + 59 * 86_400 + 60)
        let latest = fixture.account.invoices[fixture.account.subscriptions[subscription]?.latestInvoice]
        #expect(latest?.status == .draft && latest?.attemptCount == 0 && latest?.nextPaymentAttempt != nil)
        #expect(fixture.account.subscriptions[subscription]?.status == .pastDue)
        #expect(fixture.account.invoices.all.map(\.status) == [.paid, .open, .draft])
        fixture.advance(days: 0, seconds: 3600)
        #expect(fixture.account.invoices.all.map(\.attemptCount) == [1, 4, 1])
    }

    @Test("invoices can be written off after the last retry")
    func writtenOff() throws {
        var (fixture, subscription) = try Self.account(card: "4000000000000341") {
            $0.invoiceAfterFinalFailure = .uncollectible
            $0.afterFinalFailure = .pastDue
        }
        fixture.advance(days: 50)
        #expect(fixture.account.invoices.newestFirst.first?.status == .uncollectible)
        #expect(fixture.account.subscriptions[subscription]?.status == .pastDue)
        #expect(fixture.newestEvent("invoice.marked_uncollectible") != nil)
    }

    @Test(
        "a failure can pause the subscription until its invoice is paid or written off",
        arguments: [("first_payment_failure", "pay"), ("final_payment_failure", "pay"), ("final_payment_failure", "mark_uncollectible")])
    func pauses(type: String, way: String) throws {
        // Changelog 2026-09-30, "Adds the option to automatically pause subscriptions after payment failures".
        var (fixture, subscription) = try Self.account(card: "4000000000000341") {
            if type == "first_payment_failure" { $0.afterFirstFailure = .pause } else { $0.afterFinalFailure = .pause }
            $0.eventVersion = APIVersion(ofEvents: "2026-09-30.endive") ?? .current
        }
        fixture.advance(days: type == "first_payment_failure" ? 32 : 50)
        let paused = fixture.newestEvent("customer.subscription.paused")?.object
        #expect(paused?["status"] == "paused")
        #expect(paused?["status_details"]?["paused"]?["subscription"]?["type"] == .text(type))
        let invoice = fixture.account.subscriptions[subscription]?.pausedBy ?? ""
        #expect(fixture.account.invoices[invoice]?.status == .open)
        fixture.advance(days: 8)
        #expect(fixture.account.invoices.count == 2, "a paused subscription makes no invoices")
        try fixture.useCard("4242424242424242")
        try fixture.call("POST", "/v1/invoices/\(invoice)/\(way)")
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        #expect(fixture.newestEvent("customer.subscription.resumed") != nil)
    }

    @Test("where a failure cannot pause, the first leaves the subscription past due and the last ends it")
    func cannotPause() throws {
        var fixture = AccountFixture(version: "2024-06-20", afterFinalFailure: .pause)
        fixture.account.settings.afterFirstFailure = .pause
        let subscription = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 32)
        #expect(fixture.account.subscriptions[subscription]?.status == .pastDue)
        fixture.advance(days: 20)
        #expect(fixture.account.subscriptions[subscription]?.status == .canceled)
    }

    @Test("without the automatic way back a paused subscription stays paused when its invoice is paid")
    func staysPaused() throws {
        var (fixture, subscription) = try Self.account(card: "4000000000000341") {
            $0.afterFirstFailure = .pause
            $0.resumesWhenSettled = false
        }
        fixture.advance(days: 32)
        try fixture.useCard("4242424242424242")
        try fixture.call("POST", "/v1/invoices/\(fixture.account.subscriptions[subscription]?.pausedBy ?? "")/pay")
        #expect(fixture.account.subscriptions[subscription]?.status == .paused)
        try fixture.call("POST", "/v1/subscriptions/\(subscription)/resume")
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test(
        "a renewal by debit is in processing for days, then paid",
        arguments: [("DE89370400440532013000", true), ("DE62370400440532013001", false)])
    func debits(iban: String, succeeds: Bool) throws {
        var (fixture, subscription) = try Self.account { $0.debitSeconds = 5 * 86_400 }
        let method = fixture.account.makePaymentMethod(.bankAccount(try TestBankAccount.find(iban)), billing: BillingDetails())
        fixture.account.subscriptions[subscription]?.defaultPaymentMethod = method.id
        fixture.advance(days: 32)
        let intent = fixture.account.paymentIntents.newestFirst.first
        let invoice = fixture.account.invoices[intent?.invoice]
        #expect(intent?.status == .processing)
        #expect(invoice?.status == .open && invoice?.attemptCount == 1 && invoice?.nextPaymentAttempt == nil)
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/invoices/\(invoice?.id ?? "")/pay") }
        fixture.advance(days: 5)
        #expect(fixture.account.invoices[invoice?.id]?.status == (succeeds ? .paid : .open))
        #expect(fixture.account.invoices[invoice?.id]?.attemptCount == 1)
        #expect(fixture.account.subscriptions[subscription]?.status == (succeeds ? .active : .unpaid))
    }

    @Test("a sign-up by debit begins while the bank takes its time", arguments: ["2024-06-20", "2026-05-27.dahlia"])
    func signUpByDebit(version: String) throws {
        var fixture = AccountFixture(version: version)
        fixture.account.prices.insert(
            Price(id: "price_eur", created: 0, product: "prod_1", currency: "eur", unitAmount: 900, isRecurring: true))
        fixture.customer = try fixture.id(fixture.call("POST", "/v1/customers", "email=ada@example.com"))
        let session = try fixture.id(
            fixture.call(
                "POST", "/v1/checkout/sessions",
                "mode=subscription&customer=\(fixture.customer)&line_items[0][price]=price_eur&success_url=http://shop.test/ok"
                    + "&payment_method_types[0]=sepa_debit"))
        let account = try TestBankAccount.find("DE62370400440532013001")
        #expect(fixture.account.pay(session: session, from: .bankAccount(account), billing: BillingDetails()) == .paid)
        let told = fixture.newestEvent("checkout.session.completed")?.object
        #expect(told?["payment_status"] == "unpaid")
        #expect(fixture.account.subscriptions.all.map(\.status) == [.active])
        #expect(fixture.account.invoices.all.map(\.status) == [.open])
        let failed = fixture.types { $0.advance(days: 0, seconds: 60) }
        #expect(
            failed == [
                "charge.failed", "payment_intent.payment_failed", "invoice.payment_failed", "customer.subscription.updated",
                "customer.subscription.updated", "checkout.session.async_payment_failed",
            ])
    }
}
