import Testing

@testable import StripeSandbox

@Suite("Hosted pages")
struct PageTests {
    @Test("what a customer typed is shown as text")
    func escapes() async throws {
        try await withSandbox { _, url async throws in
            let browser = Browser(url: url)
            let customer = try await browser.api("/v1/customers", form: "name=%3Cscript%3E%22%27%26")["id"] as? String ?? ""
            let page = try await browser.send(
                try await Self.session(browser, "&customer=\(customer)&cancel_url=http://shop.test/?a=1%26b='"))
            #expect(page.status == 200)
            #expect(!page.body.contains("<script>"))
            #expect(page.body.contains("&lt;script&gt;&quot;&#39;&amp;"))
            #expect(page.body.contains("http://shop.test/?a=1&amp;b=&#39;"))
            #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
        }
    }

    @Test("every field of the form has a label")
    func labels() async throws {
        try await withSandbox { _, url async throws in
            let page = try await Browser(url: url).send(try await Self.session(Browser(url: url))).body
            let fields = page.matches(of: /<input id="(\w+)"/).map { String($0.output.1) }
            #expect(fields == ["email", "card", "expiry", "cvc", "name", "postal_code"])
            for field in fields { #expect(page.contains("<label for=\"\(field)\">")) }
        }
    }

    @Test("a declined card says so and may be followed by another; the way on carries the session's id")
    func declinedThenPaid() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let path = try await Self.session(browser)
            let unknown = try await browser.send(path, form: "card=1234&email=ada%40example.com")
            #expect(unknown.status == 402)
            #expect(unknown.body.contains(#"value="ada@example.com""#))
            let declined = try await browser.send(path, form: "card=4000+0000+0000+0002&email=ada%40example.com")
            #expect(declined.status == 402)
            #expect(declined.body.contains(#"<p class="error" role="alert" id="error">Your card was declined.</p>"#))
            let id = await sandbox.account.sessions.ids[0]
            for _ in 1...2 {
                let paid = try await browser.send(path, form: "card=4242424242424242&email=ada%40example.com")
                #expect(paid.status == 303)
                #expect(paid.headers["location"] == "http://shop.test/ok?s=\(id)")
            }
            #expect(await sandbox.account.charges.all.filter(\.succeeded).count == 1)
            #expect(try await browser.send(path).body.contains("completed"))
        }
    }

    @Test("a wallet is chosen instead of a card, where the session takes it")
    func wallet() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let path = try await Self.session(browser, "&payment_method_types[0]=card&payment_method_types[1]=link")
            let page = try await browser.send(path).body
            let choices = page.matches(of: /<option value="(\w*)">/).map { String($0.output.1) }
            #expect(choices == ["", "apple_pay", "google_pay", "link"])
            #expect(try await browser.send(path, form: "wallet=cashapp&email=ada%40example.com").status == 402)
            #expect(try await browser.send(path, form: "wallet=link&email=ada%40example.com").status == 303)
            #expect(await sandbox.account.charges.all.map(\.instrument.type) == ["link"])
        }
    }

    @Test("the page of an open invoice pays it and keeps the card")
    func invoice() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser, card: "4000000000000341")
            await sandbox.advance(by: 32 * 86_400)
            let path = "/i/" + (await sandbox.account.invoices.ids[1])
            #expect(try await browser.send(path).body.contains("Pay $19.00"))
            #expect(try await browser.send(path, form: "card=4000000000009995").body.contains("insufficient funds"))
            #expect(try await browser.send(path, form: "card=4242424242424242").status == 303)
            #expect(try await browser.send(path).body.contains("This invoice is paid."))
            await sandbox.advance(by: 31 * 86_400)
            #expect(await sandbox.account.subscriptions.all.map(\.status) == [.active])
        }
    }

    @Test("an expired session's page says so, and one that never was is not found")
    func gone() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let path = try await Self.session(browser)
            await sandbox.advance(by: 90_000)
            #expect(try await browser.send(path).status == 410)
            #expect(try await browser.send(path, form: "card=4242424242424242").status == 410)
            #expect(try await browser.send("/c/pay/cs_none").status == 404)
        }
    }

    /// Opens a session and answers its page's path.
    static func session(_ browser: Browser, _ extra: String = "") async throws -> String {
        let session = try await browser.api(
            "/v1/checkout/sessions",
            form: "mode=subscription&line_items[0][price]=price_basic&success_url=http://shop.test/ok?s={CHECKOUT_SESSION_ID}" + extra)
        return (session["url"] as? String ?? "").replacing(browser.url, with: "")
    }
}
