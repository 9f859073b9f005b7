import Testing

@testable import StripeSandbox

/// Requests as Stripe's command line client and libraries encode them: brackets as they are, blanks as `+`, lists by `[]` or by index.
@Suite("Requests of Stripe's own clients")
struct CommandLineClientTests {
    private static let headers = [
        "Authorization": "Bearer sk_test_cli", "User-Agent": "Stripe/v1 stripe-cli/1.21.0", "Accept-Encoding": "identity",
        "X-Stripe-Client-User-Agent": #"{"name":"stripe-cli","version":"1.21.0","publisher":"stripe","os":"linux"}"#,
    ]

    @Test("`trigger customer.created`")
    func customer() async throws {
        try await withSandbox { sandbox, url async throws in
            let made = try await Self.post(url, "/v1/customers", "description=%28created+by+Stripe+CLI%29")
            #expect(made.status == 200)
            #expect(made["description"] as? String == "(created by Stripe CLI)")
            #expect(await sandbox.account.events.all.map(\.type) == ["customer.created"])
        }
    }

    @Test(
        "`trigger checkout.session.expired`",
        arguments: ["line_items[0][price]=%&line_items[0][quantity]=2", "line_items[][price]=%&line_items[][quantity]=2"])
    func sessionExpired(lines: String) async throws {
        try await withSandbox { sandbox, url async throws in
            let product = try await Self.post(url, "/v1/products", "name=myproduct&description=%28created+by+Stripe+CLI%29")
            let productID = product["id"] as? String ?? ""
            let price = try await Self.post(url, "/v1/prices", "product=\(productID)&unit_amount=1500&currency=usd")
            let form =
                "success_url=https%3A%2F%2Fhttpbin.org%2Fpost&cancel_url=https%3A%2F%2Fhttpbin.org%2Fpost&mode=payment&"
                + lines.replacing("%", with: price["id"] as? String ?? "")
            let session = try await Self.post(url, "/v1/checkout/sessions", form)
            #expect(session["amount_total"] as? Int == 3000)
            let expired = try await Self.post(url, "/v1/checkout/sessions/\(session["id"] as? String ?? "")/expire", "")
            #expect(expired["status"] as? String == "expired")
            #expect(await sandbox.account.events.all.map(\.type) == ["product.created", "price.created", "checkout.session.expired"])
        }
    }

    @Test("a monthly price with a product of its own")
    func price() async throws {
        try await withSandbox { _, url async throws in
            let form = "currency=USD&unit_amount=900&recurring[interval]=month&product_data[name]=Gold&lookup_key=gold&expand[]=product"
            let price = try await Self.post(url, "/v1/prices", form)
            #expect(price["type"] as? String == "recurring")
            #expect(price["currency"] as? String == "usd")
            #expect(price["product", "name"] as? String == "Gold")
            for wrong in ["currency=usd&unit_amount=1", "currency=usd&unit_amount=1&product_data[name]=a&recurring[interval]=year"] {
                #expect(try await Self.post(url, "/v1/prices", wrong).status == 400)
            }
        }
    }

    @Test("a library makes a webhook endpoint, with its list by index")
    func endpoint() async throws {
        try await withSandbox { _, url async throws in
            let form = "enabled_events[0]=charge.failed&enabled_events[1]=charge.succeeded&url=https%3A%2F%2Fexample.com%2Fmy%2Fwebhook"
            let made = try await Self.post(url, "/v1/webhook_endpoints", form)
            #expect(made["enabled_events"] as? [String] == ["charge.failed", "charge.succeeded"])
            #expect(made["url"] as? String == "https://example.com/my/webhook")
        }
    }

    @Test("truth as JSON and as Python write it", arguments: ["true", "True"])
    func truth(word: String) throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let changed = try fixture.call("POST", "/v1/subscriptions/\(subscription)", "cancel_at_period_end=\(word)")
        #expect(changed["cancel_at_period_end"] == true)
        #expect(throws: APIError.self) {
            try fixture.call("POST", "/v1/subscriptions/\(subscription)", "cancel_at_period_end=yes")
        }
    }

    private static func post(_ url: String, _ path: String, _ form: String) async throws -> Browser.Answer {
        try await Browser(url: url).send(path, form: form, headers: headers)
    }
}
