import Foundation
import HTTPTestKit
import Models
import Postgres
import Stripe
import Synchronization
import TestKit
import Testing

@testable import Checkout

@Suite("What Stripe refuses for good")
struct RefusalTests {
    private func alerts(_ bench: CheckoutBench) async throws -> String? {
        try await bench.value("SELECT string_agg(code || ' ' || subject, ',') FROM alerts WHERE cleared_at IS NULL")
    }

    /// `resource_missing` with `param` `customer`: redwoodjs/example-store-stripe pull request 168; after deletion, a wipe of test data or a change
    /// of account: Team-Commonly/commonly pull request 877.
    @Test("a customer that is gone costs its user nothing: a new one is made", .database)
    func customerGone() async throws {
        let script = [Answered.missing("customer"), Answered.price(), .json(Answered.customer("cus_2")), Answered.session("cs_1")]
        try await CheckoutBench.run(script) { bench, stub in
            try await bench.link()
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            #expect(stub.received[3].body.contains("customer=cus_2&"))
            let customers = try await bench.value(
                "SELECT string_agg(concat(stripe_customer_id, CASE WHEN deleted_at IS NOT NULL THEN ' gone' END), ',' ORDER BY id) FROM customers"
            )
            #expect(customers == "cus_1 gone,cus_2")
        }
    }

    /// The same code is given for a price, as in a half-finished change from test to live mode (the same pull request 877).
    @Test("a price that is missing makes no customer, and somebody is told", .database)
    func priceMissing() async throws {
        let script = [Answered.missing("line_items[0][price]"), Answered.session("cs_1")]
        try await CheckoutBench.run(script) { bench, stub in
            try await bench.link()
            await #expect(throws: CheckoutRefusal.planUnavailable) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.paths == ["POST /v1/checkout/sessions"])
            try await #expect(alerts(bench) == "price_unavailable price_basic")
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            try await #expect(alerts(bench) == nil, "it can be bought again")
        }
    }

    @Test(
        "nor for a user who has none yet, also when it is only archived", .database,
        arguments: [StripeStubAnswer.error(404, #""type": "invalid_request_error""#), Answered.price(isActive: false)])
    func priceMissingForNewUser(answer: StripeStubAnswer) async throws {
        try await CheckoutBench.run([answer]) { bench, stub in
            await #expect(throws: CheckoutRefusal.planUnavailable) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.paths == ["GET /v1/prices/price_basic"])
            try await #expect(bench.value("SELECT count(*) FROM customers") == "0")
            try await #expect(alerts(bench) == "price_unavailable price_basic")
        }
    }

    @Test("a price is asked for once a minute, whoever buys", .database)
    func priceOnSale() async throws {
        let buy = { (number: Int) in [StripeStubAnswer.json(Answered.customer("cus_\(number)")), Answered.session("cs_\(number)")] }
        let script = [Answered.price(isActive: true)] + buy(1) + buy(2) + [Answered.price(isActive: true)] + buy(3)
        try await CheckoutBench.run(script) { bench, stub in
            let time = Mutex(ContinuousClock.now)
            var open = bench.open
            open.onSale = PricesOnSale(now: { time.withLock { $0 } })
            for number in 1...3 {
                var click = CheckoutBench.click()
                click.user = UserID("user_\(number)")
                if number == 3 { time.withLock { $0 += .seconds(60) } }
                try await #expect(open(click).sessionID == CheckoutSessionID("cs_\(number)"))
            }
            #expect(stub.paths.filter { $0.hasPrefix("GET /v1/prices") }.count == 2)
        }
    }

    @Test("a price that a session is refused for is asked for again before anybody else gets a customer", .database)
    func priceEnded() async throws {
        let script = [
            Answered.price(isActive: true), .json(Answered.customer("cus_1")), Answered.missing("line_items[0][price]"),
            Answered.price(isActive: false),
        ]
        try await CheckoutBench.run(script) { bench, stub in
            let open = bench.open
            for user in ["user_1", "user_2"] as [UserID] {
                var click = CheckoutBench.click()
                click.user = user
                await #expect(throws: CheckoutRefusal.planUnavailable) { try await open(click) }
            }
            #expect(stub.paths.filter { $0 == "POST /v1/customers" }.count == 1)
        }
    }

    @Test("a key that may not read prices can still sell", .database)
    func restrictedKey() async throws {
        try await CheckoutBench.run([.error(403), .json(Answered.customer("cus_1")), Answered.session("cs_1")]) { bench, _ in
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
        }
    }

    /// The sentences: woocommerce-payments issue 7732, rallly pull request 3307, Paymenter issue 986; stripe-firebase-extensions issue 560.
    @Test(
        "is named where Stripe has only a sentence for it", .database,
        arguments: [
            (
                "You cannot combine currencies on a single customer. This customer has an active subscription with currency eur.",
                CheckoutRefusal.currencyMismatch
            ),
            ("The currency of the selected prices (eur) does not match the customer currency (usd).", .currencyMismatch),
            ("The price specified is inactive. This field only accepts active prices.", .planUnavailable),
        ])
    func sentences(message: String, refusal: CheckoutRefusal) async throws {
        let answer = StripeStubAnswer.error(400, #""type": "invalid_request_error", "message": "\#(message)""#)
        try await CheckoutBench.run([answer]) { bench, _ in
            try await bench.link()
            await #expect(throws: refusal) { try await bench.open(CheckoutBench.click()) }
            #expect(refusal.retryAfter == nil, "waiting mends nothing")
        }
    }

    @Test(
        "nobody is turned away by a subscription that Stripe says is over, or does not know any more", .database, arguments: [true, false])
    func staleSubscription(isGone: Bool) async throws {
        let gone = StripeStubAnswer.error(404, #""type": "invalid_request_error""#)
        let script = [isGone ? gone : Answered.subscription("canceled"), Answered.session("cs_1")]
        try await CheckoutBench.run(script) { bench, stub in
            try await bench.link()
            try await bench.apply(.subscription(Said.subscription(.active)))
            await #expect(throws: CheckoutRefusal.alreadySubscribed) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.received.isEmpty, "what was stored within the last minute is not asked again")
            try await bench.pool.query("UPDATE subscriptions SET updated_at = now() - interval '2 minutes'")
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
        }
    }

    @Test("the refusal holds while Stripe does not answer", .database)
    func silent() async throws {
        try await CheckoutBench.run([.error(503)]) { bench, _ in
            try await bench.link()
            try await bench.apply(.subscription(Said.subscription(.unpaid)))
            try await bench.pool.query("UPDATE subscriptions SET updated_at = now() - interval '2 minutes'")
            await #expect(throws: CheckoutRefusal.unpaidSubscription) { try await bench.open(CheckoutBench.click()) }
        }
    }
}

@Suite("POST /create-portal-session")
struct PortalRouteTests {
    private static let portal = StripeStubAnswer.json(
        #"{"id":"bps_1","object":"billing_portal.session","livemode":false,"url":"https://portal.example/bps_1"}"#)

    @Test("leads a customer to Stripe's portal and back", .database, .broker)
    func opened() async throws {
        try await RunningCheckout.run([Self.portal, Self.portal]) { checkout, stub in
            try await checkout.link()
            for (body, address) in [
                ([:], "https%3A%2F%2Fshop.example%2F"),
                (["return_url": "https://shop.example/account"], "https%3A%2F%2Fshop.example%2Faccount"),
            ] {
                let answer = try await checkout.post("create-portal-session", body)
                #expect(answer.status == 200)
                try #expect(answer.json()["url"] as? String == "https://portal.example/bps_1")
                #expect(stub.received.last?.body == "customer=cus_1&return_url=\(address)")
            }
        }
    }

    @Test("refuses another site, and whoever has no customer: 422 and 404", .database, .broker)
    func refused() async throws {
        try await RunningCheckout.run([Answered.missing("customer")]) { checkout, stub in
            let unknown = try await checkout.post("create-portal-session", [:])
            #expect(unknown.status == 404)
            try await checkout.link()
            let elsewhere = try await checkout.post("create-portal-session", ["return_url": "https://evil.example"])
            #expect(elsewhere.status == 422)
            try #expect(elsewhere.refusal() == "redirect_not_allowed return_url")
            #expect(stub.received.isEmpty)
            let gone = try await checkout.post("create-portal-session", [:])
            #expect(gone.status == 404)
        }
    }
}
