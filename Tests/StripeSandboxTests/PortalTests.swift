import Testing

@testable import StripeSandbox

@Suite("The customer portal")
struct PortalTests {
    @Test(
        "a plan is canceled and kept, in the fields of its billing mode",
        arguments: [("2026-05-27.dahlia", false), ("2024-06-20", true)])
    func cancels(version: String, setsFlag: Bool) throws {
        var fixture = AccountFixture(version: version)
        let subscription = try fixture.signUp()
        let token = try Self.open(&fixture)
        let types = fixture.types { _ = $0.account.perform(.cancel(subscription), inPortal: token) }
        #expect(types == ["customer.subscription.updated"])
        let canceled = fixture.account.subscriptions[subscription]
        #expect(canceled?.cancelAt == canceled?.periodEnd)
        #expect(canceled?.cancelAtPeriodEnd == setsFlag)
        #expect(fixture.account.perform(.reactivate(subscription), inPortal: token) == nil)
        #expect(fixture.account.subscriptions[subscription]?.cancelAt == nil)
        #expect(fixture.account.perform(.cancel(subscription), inPortal: token) == nil)
        #expect(fixture.types { $0.advance(days: 40) } == ["customer.subscription.deleted"])
        #expect(fixture.account.perform(.reactivate(subscription), inPortal: token) == "This plan cannot be changed.")
    }

    @Test("a plan is changed, with prorations, and the card replaced")
    func changes() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let token = try Self.open(&fixture)
        #expect(fixture.account.perform(.change(subscription, price: "price_premium"), inPortal: token) == nil)
        #expect(fixture.account.subscriptions[subscription]?.items.map(\.price) == ["price_premium"])
        #expect(fixture.account.subscriptions[subscription]?.pendingLines.map(\.amount) == [-1900, 4900])
        #expect(fixture.account.perform(.change(subscription, price: "price_none"), inPortal: token) != nil)
        let card = try TestCard.find("4000000000000002")
        #expect(fixture.account.perform(.replaceCard(card), inPortal: token) == "Your card was declined.")
        let other = try TestCard.find("5555555555554444")
        let types = fixture.types { _ = $0.account.perform(.replaceCard(other), inPortal: token) }
        #expect(types == ["payment_method.attached", "customer.updated", "customer.subscription.updated"])
    }

    @Test("nobody changes another customer's plan")
    func others() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        _ = try fixture.signUp()
        let token = try Self.open(&fixture)
        #expect(fixture.account.perform(.cancel(subscription), inPortal: token) == "This plan cannot be changed.")
        #expect(fixture.account.perform(.cancel(subscription), inPortal: "test_none") == "This page has expired.")
    }

    @Test("the page has a form for each of them and leads back")
    func page() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser)
            let customer = await sandbox.account.customers.ids[0]
            let session = try await browser.api(
                "/v1/billing_portal/sessions", form: "customer=\(customer)&return_url=http://shop.test/account")
            let path = (session["url"] as? String ?? "").replacing(url, with: "")
            let page = try await browser.send(path).body
            #expect(page.contains("Cancel Basic</button>"))
            #expect(page.contains("Change to Premium, $49.00 per month</button>"))
            #expect(page.contains(#"<a href="http://shop.test/account">"#))
            let id = await sandbox.account.subscriptions.ids[0]
            #expect(page.contains(#"name="subscription" value="\#(id)""#))
            #expect(try await browser.send(path, form: "action=cancel&subscription=\(id)").status == 303)
            let canceled = try await browser.send(path).body
            #expect(canceled.contains("ends on 1 Feb 2026"))
            #expect(canceled.contains("Keep Basic</button>"))
            #expect(try await browser.send(path, form: "action=card&card=4000000000000069").body.contains("Your card has expired."))
            #expect(try await browser.send(path, form: "action=nothing").status == 400)
            #expect(try await browser.send("/p/session/test_none").status == 404)
        }
    }

    /// Opens the portal for the newest customer; answers the page's token.
    private static func open(_ fixture: inout AccountFixture) throws -> String {
        try fixture.call("POST", "/v1/billing_portal/sessions", "customer=\(fixture.customer)")
        return fixture.account.portalSessions.newestFirst.first?.token ?? ""
    }
}
