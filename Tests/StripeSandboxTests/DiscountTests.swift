import Testing

@testable import StripeSandbox

@Suite("Discounts")
struct DiscountTests {
    @Test(
        "a coupon takes off its share of each amount, together exactly",
        arguments: [
            (Coupon(id: "c", created: 0, percentOff: 25, duration: .once), [1900, 4900], [475, 1225]),
            (Coupon(id: "c", created: 0, percentOff: 33, duration: .once), [1, 1, 1], [0, 0, 1]),
            (Coupon(id: "c", created: 0, amountOff: 1000, duration: .once), [1900, 1900], [500, 500]),
            (Coupon(id: "c", created: 0, amountOff: 9999, duration: .once), [1900, -500], [1900, 0]),
            (Coupon(id: "c", created: 0, percentOff: 50, duration: .once), [0], [0]),
        ])
    func shares(coupon: Coupon, amounts: [Int], expected: [Int]) {
        #expect(Discounting.shares(of: coupon, off: amounts) == expected)
    }

    @Test("a coupon for the first invoice reduces the session, its line and one invoice")
    func once() throws {
        var fixture = AccountFixture()
        let coupon = try fixture.id(fixture.call("POST", "/v1/coupons", "percent_off=25&duration=once"))
        let types = try fixture.types { _ = try $0.signUp("&discounts[0][coupon]=\(coupon)") }
        #expect(types.filter { $0.hasPrefix("customer.discount") } == ["customer.discount.created", "customer.discount.deleted"])
        let session = try fixture.call("GET", "/v1/checkout/sessions/\(fixture.account.sessions.ids[0])")
        #expect(session["amount_subtotal"] == 1900)
        #expect(session["amount_total"] == 1425)
        #expect(session["total_details"]?["amount_discount"] == 475)
        #expect(session["discounts"]?.elements.first?["coupon"] == .text(coupon))
        let invoice = try fixture.call("GET", "/v1/invoices/\(fixture.account.invoices.ids[0])")
        #expect(invoice["subtotal"] == 1900)
        #expect(invoice["total"] == 1425)
        #expect(invoice["amount_paid"] == 1425)
        #expect(invoice["lines"]?["data"]?.elements.first?["discount_amounts"]?.elements.first?["amount"] == 475)
        fixture.advance(days: 32)
        #expect(fixture.account.charges.all.map(\.amount) == [1425, 1900])
        #expect(fixture.account.coupons[coupon]?.timesRedeemed == 1)
    }

    @Test("a repeating coupon lasts its months, one for ever does not end")
    func repeating() throws {
        for (form, amounts) in [("repeating&duration_in_months=2", [1400, 1400, 1900, 1900]), ("forever", [1400, 1400, 1400, 1400])] {
            var fixture = AccountFixture()
            let coupon = try fixture.id(fixture.call("POST", "/v1/coupons", "amount_off=500&currency=usd&duration=" + form))
            _ = try fixture.signUp("&discounts[0][coupon]=\(coupon)")
            fixture.advance(days: 95)
            #expect(fixture.account.charges.all.map(\.amount) == amounts)
        }
    }

    @Test("a first invoice that coupons pay whole begins the subscription without a charge")
    func free() throws {
        var fixture = AccountFixture()
        let coupon = try fixture.id(fixture.call("POST", "/v1/coupons", "percent_off=100&duration=once"))
        let subscription = try fixture.signUp("&discounts[0][coupon]=\(coupon)")
        #expect(fixture.account.subscriptions[subscription]?.status == .active)
        #expect(fixture.account.charges.count == 0)
        fixture.advance(days: 32)
        #expect(fixture.account.charges.all.map(\.amount) == [1900])
    }

    @Test("a promotion code is entered on the page, while it is active")
    func promotionCode() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let coupon = try await browser.api("/v1/coupons", form: "percent_off=50&duration=forever")["id"] as? String ?? ""
            let code = try await browser.api(
                "/v1/promotion_codes", form: "promotion[type]=coupon&promotion[coupon]=\(coupon)&code=HALF&max_redemptions=1")
            #expect(code["promotion", "coupon"] as? String == coupon)
            let path = try await PageTests.session(browser, "&allow_promotion_codes=true")
            #expect(try await browser.send(path).body.contains(#"<label for="promotion_code">"#))
            let form = "card=4242424242424242&email=ada%40example.com&promotion_code="
            #expect(try await browser.send(path, form: form + "NONE").body.contains("This code is invalid."))
            #expect(try await browser.send(path, form: form + "half").status == 303)
            #expect(await sandbox.account.charges.all.map(\.amount) == [950])
            let again = try await PageTests.session(browser, "&allow_promotion_codes=true")
            #expect(try await browser.send(again, form: form + "HALF").status == 402)
        }
    }

    @Test("a subscription's discounts are replaced and taken off; both shapes show them")
    func update() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let coupon = try fixture.id(fixture.call("POST", "/v1/coupons", "percent_off=10&duration=forever"))
        let path = "/v1/subscriptions/\(subscription)"
        let given = try fixture.types { try $0.call("POST", path, "discounts[0][coupon]=\(coupon)") }
        #expect(given == ["customer.subscription.updated", "customer.discount.created"])
        let new = try fixture.call("GET", path, "expand[]=discounts")
        #expect(new["discounts"]?.elements.first?["source"]?["coupon"] == .text(coupon))
        let old = try fixture.call("GET", path, version: "2024-06-20")
        #expect(old["discount"]?["coupon"]?["percent_off"] == 10)
        let taken = try fixture.types { try $0.call("POST", path, "discounts=") }
        #expect(taken == ["customer.subscription.updated", "customer.discount.deleted"])
        #expect(try fixture.call("GET", path)["discounts"] == [])
    }

    @Test(
        "what is no coupon is refused",
        arguments: [
            "percent_off=0", "percent_off=12.5", "amount_off=100", "percent_off=5&amount_off=5&currency=usd", "duration=once",
            "percent_off=5&duration=repeating", "percent_off=5&duration_in_months=2", "percent_off=5&duration=always",
        ])
    func refuses(form: String) {
        var fixture = AccountFixture()
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/coupons", form) }
    }
}
