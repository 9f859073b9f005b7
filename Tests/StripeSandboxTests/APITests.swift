import Testing

@testable import StripeSandbox

@Suite("The API")
struct APITests {
    @Test("ids are expanded, four levels deep and through lists")
    func expands() throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        let deep = try fixture.call(
            "GET", "/v1/subscriptions/\(subscription)", "expand[]=latest_invoice.payments.data.payment.payment_intent&expand[]=customer")
        #expect(deep["customer"]?["email"] == "ada@example.com")
        let payment = deep["latest_invoice"]?["payments"]?["data"]?.elements.first
        #expect(payment?["payment"]?["payment_intent"]?["status"] == "succeeded")
        let list = try fixture.call("GET", "/v1/subscriptions", "expand[]=data.customer")
        #expect(list["data"]?.elements.first?["customer"]?["object"] == "customer")
    }

    @Test(
        "what cannot be expanded is refused",
        arguments: ["metadata", "nothing", "customer.email", "latest_invoice.a.b.c.d", "data.customer"])
    func refusesExpansion(path: String) throws {
        var fixture = AccountFixture()
        let subscription = try fixture.signUp()
        #expect(throws: APIError.self) { try fixture.call("GET", "/v1/subscriptions/\(subscription)", "expand[]=\(path)") }
    }

    @Test("pages run newest first, forwards and backwards")
    func pages() throws {
        var fixture = AccountFixture()
        var ids: [String] = []
        for number in 1...5 { ids.insert(try fixture.id(fixture.call("POST", "/v1/customers", "name=\(number)")), at: 0) }
        func page(_ query: String) throws -> ([String], Bool) {
            let list = try fixture.call("GET", "/v1/customers", query)
            return (list["data"]?.elements.compactMap { $0["id"]?.string } ?? [], list["has_more"] == true)
        }
        #expect(try page("limit=2") == (Array(ids[0...1]), true))
        #expect(try page("limit=2&starting_after=\(ids[1])") == (Array(ids[2...3]), true))
        #expect(try page("limit=2&starting_after=\(ids[3])") == ([ids[4]], false))
        #expect(try page("limit=2&ending_before=\(ids[3])") == (Array(ids[1...2]), true))
        #expect(throws: APIError.self) { try page("starting_after=cus_none") }
        #expect(throws: APIError.self) { try page("limit=0") }
    }

    @Test(
        "wrong parameters are refused by name",
        arguments: [
            ("/v1/customers", "emial=x", "parameter_unknown", "emial"),
            ("/v1/checkout/sessions", "mode=subscription", "parameter_missing", "line_items"),
            ("/v1/checkout/sessions", "mode=rent", "parameter_invalid", "mode"),
            (
                "/v1/checkout/sessions", "mode=subscription&line_items[0][price]=price_basic&success_url=javascript:alert(1)",
                "url_invalid",
                "success_url"
            ),
            ("/v1/checkout/sessions", "mode=subscription&line_items[0][price]=price_none", "resource_missing", "line_items[0][price]"),
            (
                "/v1/checkout/sessions",
                "mode=subscription&line_items[0][price]=price_basic&success_url=http://shop.test/&adaptive_pricing[enabled]=true",
                "parameter_invalid", "adaptive_pricing[enabled]"
            ),
            (
                "/v1/checkout/sessions",
                "mode=subscription&line_items[0][price]=price_basic&line_items[0][adjustable_quantity][enabled]=true",
                "parameter_invalid", "line_items[0][adjustable_quantity][enabled]"
            ),
            ("/v1/refunds", "amount=100", "parameter_missing", "charge"),
            ("/v1/refunds", "charge=ch_none", "resource_missing", "charge"),
        ])
    func refuses(path: String, form: String, code: String, param: String) {
        var fixture = AccountFixture()
        let error = #expect(throws: APIError.self) { try fixture.call("POST", path, form) }
        #expect(error?.code == code)
        #expect(error?.param == param)
    }

    @Test("metadata is merged, unset by an empty value, and bounded")
    func metadata() throws {
        var fixture = AccountFixture()
        let id = try fixture.id(fixture.call("POST", "/v1/customers", "metadata[a]=1&metadata[b]=2"))
        let changed = try fixture.call("POST", "/v1/customers/\(id)", "metadata[a]=&metadata[c]=3")
        #expect(changed["metadata"] == ["b": "2", "c": "3"])
        #expect(try fixture.call("POST", "/v1/customers/\(id)", "metadata=")["metadata"] == [:])
        let tooMany = (1...51).map { "metadata[k\($0)]=1" }.joined(separator: "&")
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/customers", tooMany) }
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/customers", "metadata[\(String(repeating: "k", count: 41))]=1") }
    }

    @Test("a refund gives back at most what is left, and tells of both objects")
    func refunds() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        let charge = fixture.account.charges.ids[0]
        let types = try fixture.types { try $0.call("POST", "/v1/refunds", "charge=\(charge)&amount=500") }
        #expect(types == ["refund.created", "charge.refunded"])
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/refunds", "charge=\(charge)&amount=1401") }
        try fixture.call("POST", "/v1/refunds", "charge=\(charge)")
        let error = #expect(throws: APIError.self) { try fixture.call("POST", "/v1/refunds", "charge=\(charge)") }
        #expect(error?.code == "charge_already_refunded")
        #expect(fixture.account.charges[charge]?.refunded == true)
    }

    @Test("the payment of an invoice is found by its intent")
    func invoicePayments() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        _ = try fixture.signUp()
        let intent = fixture.account.paymentIntents.ids[0]
        let list = try fixture.call(
            "GET", "/v1/invoice_payments", "payment[type]=payment_intent&payment[payment_intent]=\(intent)")["data"]?.elements
        #expect(list?.map { $0["invoice"] } == [.text(fixture.account.invoices.ids[0])])
    }

    @Test("a customer who is deleted keeps an id and nothing else, and pays no more")
    func deletesCustomer() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        let types = try fixture.types { try $0.call("DELETE", "/v1/customers/\($0.customer)") }
        #expect(types == ["customer.subscription.deleted", "customer.deleted"])
        #expect(try fixture.call("GET", "/v1/customers/\(fixture.customer)")["deleted"] == true)
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/customers/\(fixture.customer)", "name=x") }
    }

    @Test("events are listed by type, family and time, for thirty days")
    func events() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        func count(_ query: String) throws -> Int {
            try fixture.call("GET", "/v1/events", "limit=100&" + query)["data"]?.elements.count ?? 0
        }
        #expect(try count("type=invoice.*") == 4)
        #expect(try count("types[]=invoice.paid&types[]=charge.succeeded") == 2)
        #expect(try count("created[gt]=\(fixture.account.now)") == 0)
        fixture.advance(days: 31)
        #expect(try count("type=checkout.session.completed") == 0)
    }
}
