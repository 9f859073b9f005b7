import Testing

@testable import StripeSandbox

@Suite("Pausing")
struct PausingTests {
    @Test("a trial that ends without a card pauses the subscription, and a card resumes it")
    func pauses() throws {
        var fixture = AccountFixture()
        let subscription = try Self.trial(&fixture, "pause")
        #expect(
            fixture.types { $0.advance(days: 8) } == [
                "customer.subscription.trial_will_end", "customer.subscription.updated", "customer.subscription.paused",
            ])
        #expect(try fixture.call("GET", "/v1/subscriptions", "status=paused")["data"]?.elements.count == 1)
        #expect(fixture.types { $0.advance(days: 40) } == [])
        _ = fixture.account.replaceCard(of: fixture.customer, with: try TestCard.find("4242424242424242"))
        let types = try fixture.types { try $0.call("POST", "/v1/subscriptions/\(subscription)/resume") }
        #expect(
            types == ["customer.subscription.updated", "invoice.created", "invoice.finalized", "payment_intent.created"]
                + Sequence.collected + ["customer.subscription.updated", "customer.subscription.resumed", "charge.updated"])
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        #expect(fixture.types { $0.advance(days: 32) } == Sequence.renewal)
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/subscriptions/\(subscription)/resume") }
    }

    @Test("a resumption that nobody pays is void after 23 hours")
    func unpaid() throws {
        var fixture = AccountFixture()
        let subscription = try Self.trial(&fixture, "pause")
        fixture.advance(days: 8)
        try fixture.call("POST", "/v1/subscriptions/\(subscription)/resume")
        #expect(fixture.account.subscriptions[subscription]?.status == .paused)
        #expect(fixture.types { $0.advance(days: 2) } == ["invoice.updated", "invoice.voided", "payment_intent.canceled"])
        #expect(fixture.account.subscriptions[subscription]?.status == .paused)
    }

    @Test("a trial that ends without a card cancels the subscription where that is set")
    func cancels() throws {
        var fixture = AccountFixture()
        _ = try Self.trial(&fixture, "cancel")
        #expect(
            fixture.types { $0.advance(days: 8) } == ["customer.subscription.trial_will_end", "customer.subscription.deleted"])
    }

    @Test(
        "while collection is paused, renewals are set aside and nothing is charged",
        arguments: [
            ("void", ["invoice.finalized", "invoice.updated", "invoice.voided"]),
            ("mark_uncollectible", ["invoice.finalized", "invoice.updated", "invoice.marked_uncollectible"]),
            ("keep_as_draft", []),
        ] as [(String, [String])])
    func collection(behavior: String, ends: [String]) throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let path = "/v1/subscriptions/\(subscription)"
        let paused = try fixture.call("POST", path, "pause_collection[behavior]=\(behavior)")
        #expect(paused["pause_collection"]?["behavior"] == .text(behavior))
        #expect(paused["status"] == "active")
        let types = fixture.types { $0.advance(days: 32) }
        #expect(types == ["invoice.upcoming", "customer.subscription.updated", "invoice.created"] + ends)
        #expect(fixture.account.charges.count == 1)
        #expect(try fixture.call("POST", path, "pause_collection=")["pause_collection"] == .null)
        fixture.advance(days: 31)
        #expect(fixture.account.charges.count == 2)
    }

    @Test("collection goes on by itself at the time that was set")
    func resumesAt() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let time = fixture.account.now + 10 * 86_400
        try fixture.call(
            "POST", "/v1/subscriptions/\(subscription)", "pause_collection[behavior]=void&pause_collection[resumes_at]=\(time)")
        #expect(fixture.types { $0.advance(days: 10) } == ["customer.subscription.updated"])
        #expect(fixture.types { $0.advance(days: 22) } == Sequence.renewal)
    }

    /// A trial of seven days without a card; answers the subscription's id.
    private static func trial(_ fixture: inout AccountFixture, _ behavior: String) throws -> String {
        let session = try fixture.openSession(
            "&subscription_data[trial_period_days]=7&payment_method_collection=if_required"
                + "&subscription_data[trial_settings][end_behavior][missing_payment_method]=\(behavior)")
        #expect(fixture.account.pay(session: session, with: nil, billing: BillingDetails()) == .paid)
        return fixture.account.sessions[session]?.subscription ?? ""
    }
}
