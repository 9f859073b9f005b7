import Foundation
import HTTPTestKit
import Logging
import Models
import Stripe
import TestKit
import Testing

@Suite("A call to Stripe", .timeLimit(.minutes(1)))
struct StripeClientCallsTests {
    /// The one request that `call` makes when everything is answered with nothing useful.
    private func request(_ call: (StripeClient) async throws -> some Any) async throws -> StripeStubRequest {
        try await withStripe([.error(400)]) { stripe, stub, _ in
            _ = await stripeError { try await call(stripe) }
            return try #require(stub.received.first)
        }
    }

    @Test("carries key, version and name, and no idempotency key when it only reads")
    func headers() async throws {
        let request = try await request { try await $0.customer("cus_1") }
        #expect(request.method == "GET" && request.target == "/v1/customers/cus_1" && request.body.isEmpty)
        #expect(request.header("Authorization") == "Bearer sk_test_canary")
        #expect(request.header("Stripe-Version") == "2026-05-27.dahlia")
        #expect(request.header("User-Agent") == "payments/1")
        #expect(request.header("Idempotency-Key") == nil && request.header("Content-Type") == nil)
    }

    @Test("reads by path and query")
    func reads() async throws {
        #expect(try await request { try await $0.subscription("sub_1") }.target == "/v1/subscriptions/sub_1")
        #expect(try await request { try await $0.invoice("in_1") }.target == "/v1/invoices/in_1?expand%5B%5D=payments")
        #expect(try await request { try await $0.paymentIntent("pi_1") }.target == "/v1/payment_intents/pi_1?expand%5B%5D=latest_charge")
        #expect(try await request { try await $0.charge("ch_1") }.target == "/v1/charges/ch_1")
        #expect(try await request { try await $0.checkoutSession("cs_1") }.target == "/v1/checkout/sessions/cs_1")
        #expect(
            try await request { try await $0.subscriptions(of: "cus_1") }.target == "/v1/subscriptions?customer=cus_1&status=all&limit=100")
        #expect(try await request { try await $0.invoices(of: "sub_1") }.target == "/v1/invoices?subscription=sub_1&limit=100")
        #expect(try await request { try await $0.disputes(of: "ch_1") }.target == "/v1/disputes?charge=ch_1&limit=100")
        #expect(try await request { try await $0.readClock() }.target == "/v1/subscriptions?limit=1")
        #expect(try await request { try await $0.invoicePayments(invoice: "in_1") }.target == "/v1/invoice_payments?invoice=in_1&limit=100")
        #expect(
            try await request { try await $0.invoicePayments(paymentIntent: "pi_1") }.target
                == "/v1/invoice_payments?payment%5Btype%5D=payment_intent&payment%5Bpayment_intent%5D=pi_1&limit=100")
    }

    @Test("changes by form, with the caller's key")
    func changes() async throws {
        let scheduled = try await request { try await $0.setCancelAtPeriodEnd(true, of: "sub_1", idempotencyKey: "k1") }
        #expect(
            scheduled.method == "POST" && scheduled.target == "/v1/subscriptions/sub_1" && scheduled.body == "cancel_at_period_end=true")
        #expect(scheduled.header("Idempotency-Key") == "k1")
        #expect(scheduled.header("Content-Type") == "application/x-www-form-urlencoded")
        #expect(try await request { try await $0.clearCancelAt(of: "sub_1", idempotencyKey: "k") }.body == "cancel_at=")
        let canceled = try await request { try await $0.cancelSubscription("sub_1") }
        #expect(canceled.method == "DELETE" && canceled.target == "/v1/subscriptions/sub_1" && canceled.body.isEmpty)
        let expired = try await request { try await $0.expireCheckoutSession("cs_1", idempotencyKey: "k") }
        #expect(expired.method == "POST" && expired.target == "/v1/checkout/sessions/cs_1/expire" && expired.body.isEmpty)
        let portal = try await request {
            try await $0.createPortalSession(customer: "cus_1", returnURL: "https://a.b/c", idempotencyKey: "k")
        }
        #expect(portal.target == "/v1/billing_portal/sessions" && portal.body == "customer=cus_1&return_url=https%3A%2F%2Fa.b%2Fc")
    }

    @Test("opens a session with user and plan wherever they will be looked for")
    func session() async throws {
        let parameters = CheckoutSessionParameters(
            customer: "cus_1", price: "price_1", plan: .premium, userID: "user_1", installation: "i1",
            successURL: "https://a.b/?s={CHECKOUT_SESSION_ID}",
            cancelURL: "https://a.b/no", trialDays: 14, expiresAt: Date(timeIntervalSince1970: 1_795_410_000.9))
        let request = try await request { try await $0.createCheckoutSession(parameters, idempotencyKey: "k") }
        #expect(request.target == "/v1/checkout/sessions")
        let expected = [
            "mode=subscription", "customer=cus_1", "client_reference_id=user_1", "line_items[0][price]=price_1",
            "line_items[0][quantity]=1",
            "success_url=https://a.b/?s={CHECKOUT_SESSION_ID}", "cancel_url=https://a.b/no", "metadata[user_id]=user_1",
            "metadata[plan_id]=premium", "metadata[installation]=i1", "subscription_data[metadata][user_id]=user_1",
            "subscription_data[metadata][plan_id]=premium", "subscription_data[metadata][installation]=i1",
            "subscription_data[trial_period_days]=14", "expires_at=1795410000",
        ]
        #expect(request.body.split(separator: "&").map { $0.removingPercentEncoding ?? "" } == expected)
    }

    /// Stripe takes 200 characters as client reference and 500 as a value of metadata (API reference, "Create a Checkout Session", "Metadata").
    @Test("leaves out a reference that Stripe would refuse", arguments: [(200, true), (201, false), (255, false)])
    func longUser(length: Int, isReference: Bool) async throws {
        let user = UserID(String(repeating: "u", count: length))
        let parameters = CheckoutSessionParameters(
            customer: "cus_1", price: "price_1", plan: .basic, userID: user, installation: "i1", successURL: "https://a.b",
            cancelURL: "https://a.b")
        let request = try await request { try await $0.createCheckoutSession(parameters, idempotencyKey: "k") }
        #expect(request.body.contains("client_reference_id=\(user)&") == isReference)
        #expect(request.body.contains("metadata%5Buser_id%5D=\(user)&"))
    }

    @Test("looks for what was made though nobody was told")
    func lists() async throws {
        let time = Date(timeIntervalSince1970: 1_795_410_000.9)
        let sessions = try await request { _ = try await $0.openCheckoutSessions(of: "cus_1", since: time) }
        #expect(sessions.target == "/v1/checkout/sessions?customer=cus_1&status=open&created%5Bgte%5D=1795410000&limit=100")
        let customers = try await request { _ = try await $0.customers(since: time) }
        #expect(customers.target == "/v1/customers?created%5Bgte%5D=1795410000&limit=100")
        let price = try await request { _ = try await $0.price("price_1") }
        #expect(price.target == "/v1/prices/price_1")
    }

    @Test(
        "lets no key add a header",
        arguments: ["", "a\r\nX-Evil: 1", "a\nb", "a\u{0}", "a b", "ä", "\t", String(repeating: "k", count: 256)])
    func badKeys(key: String) async throws {
        try await withStripe([]) { stripe, stub, _ in
            let error = await stripeError { try await stripe.createCustomer(userID: "u", installation: "i1", idempotencyKey: key) }
            #expect(error?.kind == .invalidRequest && error?.param == "idempotency_key" && error?.isRetriable == false)
            #expect(stub.received.isEmpty)
        }
    }

    @Test("lets no id leave its place in the path", arguments: ["", ".", "..", String(repeating: "i", count: 256)])
    func badIDs(id: String) async throws {
        try await withStripe([]) { stripe, stub, _ in
            let error = await stripeError { try await stripe.customer(CustomerID(id)) }
            #expect(error?.kind == .invalidRequest)
            #expect(stub.received.isEmpty)
        }
    }

    @Test("escapes an id, whatever is in it")
    func oddID() async throws {
        let request = try await request { try await $0.customer("../a?b#c\r\nX: y/%2e") }
        #expect(request.target == "/v1/customers/..%2Fa%3Fb%23c%0D%0AX%3A%20y%2F%252e")
        #expect(request.header("X") == nil)
    }

    @Test("cancels twice with the same result")
    func cancelTwice() async throws {
        let script: [StripeStubAnswer] = [.error(404), .json(Sample.subscription("sub_1", status: "canceled"))]
        try await withStripe(script) { stripe, stub, _ in
            let canceled = try await stripe.cancelSubscription("sub_1").value
            #expect(canceled.status == .canceled)
            #expect(stub.received.map(\.method) == ["DELETE", "GET"])
        }
    }

    @Test("does not take a subscription that goes on for a cancelled one")
    func cancelNotFound() async throws {
        try await withStripe([.error(404), .json(Sample.subscription("sub_1"))]) { stripe, _, _ in
            #expect(await stripeError { try await stripe.cancelSubscription("sub_1") }?.kind == .notFound)
        }
    }

    @Test("crashes nothing when its client is never closed")
    func neverClosed() async throws {
        try await StripeStub.serving([.json(Sample.customer)]) { stub in
            let configuration = try StripeConfiguration(secretKey: "sk_test_a", apiBase: stub.url)
            let unused = StripeClient(configuration: configuration, logger: Logger(label: "test"))
            #expect(!unused.livemode)
            _ = try await StripeClient(configuration: configuration, logger: Logger(label: "test")).customer("cus_1")
        }
    }

    @Test("fails after the client was closed, and closing twice is fine")
    func closed() async throws {
        try await withStripe([], maxRetries: 0) { stripe, stub, _ in
            await stripe.close()
            await stripe.close()
            #expect(await stripeError { try await stripe.customer("cus_1") }?.kind == .connection)
            #expect(stub.received.isEmpty)
        }
    }
}
