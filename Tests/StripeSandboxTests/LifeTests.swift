import Testing

@testable import StripeSandbox

/// The event types of each act of a subscription's life, in their order.
enum Sequence {
    /// Stripe's order since 2025-03-31, as `stripe listen` has shown it to people since (changelog "Checkout Sessions have lower latency
    /// and new update semantics"): the payment first, then the subscription as it is, without a later change of it or its invoice.
    static let signUp = [
        "customer.created", "payment_method.attached", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
        "customer.subscription.created", "invoice.created", "invoice.finalized", "customer.updated", "invoice_payment.paid",
        "invoice.paid", "invoice.payment_succeeded", "checkout.session.completed", "charge.updated",
    ]
    /// The order before.
    static let oldSignUp = [
        "customer.created", "payment_method.attached", "customer.subscription.created", "invoice.created", "invoice.finalized",
        "payment_intent.created", "customer.updated", "charge.succeeded", "payment_intent.succeeded", "invoice.updated",
        "invoice.paid", "invoice.payment_succeeded", "customer.subscription.updated", "checkout.session.completed", "charge.updated",
    ]
    static let renewalBegins = [
        "customer.subscription.updated", "invoice.created", "invoice.finalized", "payment_intent.created",
    ]
    static let collected = [
        "charge.succeeded", "payment_intent.succeeded", "invoice.updated", "invoice_payment.paid", "invoice.paid",
        "invoice.payment_succeeded",
    ]
    static let failed = ["charge.failed", "payment_intent.payment_failed", "invoice.updated", "invoice.payment_failed"]
    static let renewal = ["invoice.upcoming"] + renewalBegins + collected + ["charge.updated"]
}

@Suite("The life of a subscription")
struct LifeTests {
    @Test("a sign-up tells of itself in Stripe's order", arguments: ["2026-05-27.dahlia", "2024-06-20"])
    func signUp(version: String) throws {
        var fixture = AccountFixture(version: version)
        let types = try fixture.types { _ = try $0.signUp() }
        #expect(types == (version == "2024-06-20" ? Sequence.oldSignUp : Sequence.signUp))
    }

    @Test("two renewals follow a month apart, each with its notice, its draft and its charge")
    func renewals() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let start = fixture.account.now
        let types = fixture.types { $0.advance(days: 62) }
        #expect(types == Sequence.renewal + Sequence.renewal)
        #expect(fixture.account.subscriptions[subscription]?.periodStart == start + 59 * 86_400)
    }

    @Test("four failed attempts end the subscription where that is the setting")
    func failureCancels() throws {
        var fixture = AccountFixture(afterFinalFailure: .cancel)
        let subscription = try fixture.signUp(card: "4000000000000341")
        let types = fixture.types { $0.advance(days: 50) }
        #expect(
            types == ["invoice.upcoming"] + Sequence.renewalBegins + Sequence.failed + ["customer.subscription.updated"]
                + Sequence.failed + Sequence.failed + Sequence.failed + ["customer.subscription.deleted", "invoice.updated"])
        let ended = fixture.account.subscriptions[subscription]
        #expect(ended?.status == .canceled)
        #expect(ended?.cancellation.reason == "payment_failed")
        let invoice = fixture.account.invoices[ended?.latestInvoice]
        #expect(invoice?.attemptCount == 4)
        #expect(invoice?.nextPaymentAttempt == nil)
        #expect(invoice?.autoAdvance == false)
    }

    @Test("attempts come 3, 5 and 7 days after each failure")
    func retrySchedule() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 50)
        let failures = fixture.account.events.all.filter { $0.type == "invoice.payment_failed" }.map(\.created)
        #expect(zip(failures, failures.dropFirst()).map { ($1 - $0) / 86_400 } == [3, 5, 7])
    }

    @Test("without a notice and with the failed month unpaid, later months are drafts that nobody charges")
    func unpaidDrafts() throws {
        var fixture = AccountFixture(afterFinalFailure: .unpaid)
        let subscription = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 70)
        let unpaid = fixture.account.subscriptions[subscription]
        #expect(unpaid?.status == .unpaid)
        #expect(fixture.account.invoices[unpaid?.latestInvoice]?.status == .draft)
        #expect(fixture.account.charges.all.filter { !$0.succeeded }.count == 4)
    }

    @Test("a new card and a payment bring a past-due subscription back")
    func recovery() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 36)
        #expect(fixture.account.subscriptions[subscription]?.status == .pastDue)
        let card = try TestCard.find("4242424242424242")
        let customer = fixture.customer
        let changed = fixture.types { _ = $0.account.replaceCard(of: customer, with: card) }
        #expect(changed == ["payment_method.attached", "customer.updated", "customer.subscription.updated"])
        let invoice = fixture.account.subscriptions[subscription]?.latestInvoice ?? ""
        let paid = try fixture.types { try $0.call("POST", "/v1/invoices/\(invoice)/pay") }
        #expect(paid == Sequence.collected + ["customer.subscription.updated", "charge.updated"])
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test("a new card is charged by the next retry")
    func retryRecovers() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 32)
        _ = fixture.account.replaceCard(of: fixture.customer, with: try TestCard.find("4242424242424242"))
        let types = fixture.types { $0.advance(days: 3) }
        #expect(types == Sequence.collected + ["customer.subscription.updated", "charge.updated"])
        #expect(fixture.account.invoices[fixture.account.subscriptions[subscription]?.latestInvoice]?.attemptCount == 2)
    }

    @Test("an unpaid subscription becomes active when its invoice is paid on the hosted page")
    func unpaidRecovers() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp(card: "4000000000000341")
        fixture.advance(days: 50)
        #expect(fixture.account.subscriptions[subscription]?.status == .unpaid)
        let invoice = fixture.account.subscriptions[subscription]?.latestInvoice ?? ""
        #expect(fixture.account.pay(invoice: invoice, with: try TestCard.find("4242424242424242")) == .paid)
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
    }

    @Test("a cancellation at the period's end waits for it and brings no further invoice")
    func cancelAtPeriodEnd() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let asked = try fixture.types { try $0.call("POST", "/v1/subscriptions/\(subscription)", "cancel_at_period_end=true") }
        #expect(asked == ["customer.subscription.updated"])
        #expect(
            fixture.newestEvent("customer.subscription.updated")?.previousAttributes == [
                "cancel_at": nil, "cancel_at_period_end": false, "canceled_at": nil, "cancellation_details": ["reason": nil],
            ])
        #expect(fixture.types { $0.advance(days: 40) } == ["customer.subscription.deleted"])
    }

    @Test("a cancellation taken back lets the subscription renew")
    func reactivated() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        try fixture.call("POST", "/v1/subscriptions/\(subscription)", "cancel_at_period_end=true")
        try fixture.call("POST", "/v1/subscriptions/\(subscription)", "cancel_at_period_end=false")
        #expect(fixture.account.subscriptions[subscription]?.canceledAt == nil)
        #expect(fixture.types { $0.advance(days: 32) } == Sequence.renewal)
    }

    @Test("an immediate cancellation is one event, and a second one finds nothing")
    func cancelNow() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let types = try fixture.types { try $0.call("DELETE", "/v1/subscriptions/\(subscription)") }
        #expect(types == ["customer.subscription.deleted"])
        #expect(throws: APIError.noSuch("subscription", subscription, param: "id")) {
            try fixture.call("DELETE", "/v1/subscriptions/\(subscription)")
        }
        #expect(fixture.types { $0.advance(days: 60) } == [])
    }

    @Test("a trial takes no money until it ends")
    func trial() throws {
        var fixture = AccountFixture()
        let begun = try fixture.types { _ = try $0.signUp("&subscription_data[trial_period_days]=14") }
        #expect(
            begun == [
                "customer.created", "payment_method.attached", "customer.subscription.created", "invoice.created", "invoice.finalized",
                "invoice.paid", "invoice.payment_succeeded", "checkout.session.completed",
            ])
        let ended = fixture.types { $0.advance(days: 15) }
        #expect(ended == ["customer.subscription.trial_will_end"] + Sequence.renewalBegins + Sequence.collected + ["charge.updated"])
    }

    @Test("an open session expires after 24 hours")
    func sessionExpires() throws {
        var fixture = AccountFixture()
        let session = try fixture.openSession()
        fixture.account.advance(to: fixture.account.now + 86_399)
        #expect(fixture.account.sessions[session]?.status == .open)
        #expect(fixture.types { $0.advance(days: 0, seconds: 1) } == ["checkout.session.expired"])
        #expect(fixture.account.pay(session: session, with: try TestCard.find("4242424242424242"), billing: BillingDetails()) == .closed)
    }
}
