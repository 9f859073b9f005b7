import Foundation
import HTTPTestKit
import Logging
import Models
import Stripe
import TestKit
import Testing

@Suite("A call that fails", .timeLimit(.minutes(1)))
struct StripeClientRetryTests {
    @Test(
        "is made again after a failure that may pass",
        arguments: [
            .error(409), .error(429), .error(500), .error(503), .hangUp, .half(of: "{}"),
            .error(400, headers: ["Stripe-Should-Retry": "true"]),
        ] as [StripeStubAnswer])
    func retried(failure: StripeStubAnswer) async throws {
        try await withStripe([failure, failure, .json(Sample.customer)]) { stripe, stub, waits in
            let customer = try await stripe.customer("cus_1").value
            #expect(customer.id == "cus_1")
            #expect(stub.received.count == 3)
            #expect(waits.all.count == 2)
            #expect((Duration.seconds(0.25)...(.seconds(0.5))).contains(waits.all[0]))
            #expect((Duration.seconds(0.5)...(.seconds(1))).contains(waits.all[1]))
        }
    }

    @Test(
        "is made once after a failure that will not pass",
        arguments: [
            .error(400), .error(401), .error(402), .error(403), .error(404), .json("{}", status: 302), .json("<html>", status: 200),
            .error(500, headers: ["Stripe-Should-Retry": "false"]), .error(429, headers: ["Stripe-Should-Retry": "false"]),
            .json(Sample.customer, date: nil),
        ] as [StripeStubAnswer])
    func final(failure: StripeStubAnswer) async throws {
        try await withStripe([failure, .json(Sample.customer)]) { stripe, stub, waits in
            #expect(await stripeError { try await stripe.customer("cus_1") } != nil)
            #expect(stub.received.count == 1)
            #expect(waits.all.isEmpty)
        }
    }

    /// Stripe's API reference, "Idempotent requests": a kept answer is repeated, also a 500, and says so in `Idempotent-Replayed`.
    @Test("is not made again when Stripe only repeats what it keeps", arguments: [500, 503, 400])
    func replayed(status: Int) async throws {
        let kept = StripeStubAnswer.error(
            status, #""type": "api_error""#, headers: ["Idempotent-Replayed": "true", "Stripe-Should-Retry": "true"])
        try await withStripe([.error(500), kept]) { stripe, stub, _ in
            let error = await stripeError { try await stripe.createCustomer(userID: "u", installation: "i1", idempotencyKey: "k") }
            #expect(error?.isReplay == true && error?.isKeyBurnt == (status >= 500))
            #expect(stub.received.count == 2)
        }
    }

    @Test("has burnt its key when that was used for something else, and not while another uses it", arguments: [(400, true), (409, false)])
    func otherParameters(status: Int, isBurnt: Bool) async throws {
        let refusal = StripeStubAnswer.error(status, #""type": "idempotency_error""#)
        try await withStripe([refusal, refusal, refusal]) { stripe, _, _ in
            let error = await stripeError { try await stripe.createCustomer(userID: "u", installation: "i1", idempotencyKey: "k") }
            #expect(error?.kind == .idempotency && error?.isKeyBurnt == isBurnt && error?.isRetriable == !isBurnt)
        }
    }

    @Test("gives up after two retries, and says what failed last")
    func givesUp() async throws {
        try await withStripe([.hangUp, .error(500), .error(503)]) { stripe, stub, _ in
            let error = await stripeError { try await stripe.customer("cus_1") }
            #expect(error?.kind == .api && error?.status == 503 && error?.requestID == "req_stub")
            #expect(stub.received.count == 3)
        }
    }

    @Test("carries the same key and the same bytes each time")
    func sameKey() async throws {
        try await withStripe([.error(500), .hangUp, .json(Sample.customer)]) { stripe, stub, _ in
            _ = try await stripe.createCustomer(userID: "user 1&2", installation: "i1", idempotencyKey: "customer-user_1")
            let requests = stub.received
            #expect(requests.count == 3)
            #expect(requests.allSatisfy { $0 == requests[0] })
            #expect(requests[0].header("Idempotency-Key") == "customer-user_1")
            #expect(requests[0].body == "metadata%5Buser_id%5D=user%201%262&metadata%5Binstallation%5D=i1")
        }
    }

    @Test("waits as long as Retry-After asks")
    func retryAfter() async throws {
        try await withStripe([.error(429, headers: ["Retry-After": "7"]), .json(Sample.customer)]) { stripe, _, waits in
            _ = try await stripe.customer("cus_1")
            #expect(waits.all == [.seconds(7)])
        }
    }

    @Test("leaves a wait of more than a minute to its caller")
    func longRetryAfter() async throws {
        try await withStripe([.error(429, headers: ["Retry-After": "61"])]) { stripe, stub, _ in
            let error = await stripeError { try await stripe.customer("cus_1") }
            #expect(error?.kind == .rateLimited && error?.retryAfter == .seconds(61) && error?.isRetriable == true)
            #expect(stub.received.count == 1)
        }
    }

    @Test(
        "ignores a Retry-After that is no whole number",
        arguments: ["soon", "-1", "1.5", "Mon, 23 Nov 2026 04:00:00 GMT", "99999999999999999999"])
    func oddRetryAfter(value: String) async throws {
        try await withStripe([.error(429, headers: ["Retry-After": value]), .json(Sample.customer)]) { stripe, _, waits in
            _ = try await stripe.customer("cus_1")
            #expect(waits.all.count == 1 && waits.all[0] <= .seconds(0.5))
        }
    }

    @Test("does not wait beyond its caller's deadline")
    func deadline() async throws {
        try await withStripe([.error(429, headers: ["Retry-After": "50"])]) { stripe, stub, waits in
            let error = await stripeError { try await stripe.until(.now + .seconds(40)).customer("cus_1") }
            #expect(error?.kind == .rateLimited)
            #expect(stub.received.count == 1 && waits.all.isEmpty)
        }
    }

    @Test("is not sent at all once the deadline has passed")
    func passedDeadline() async throws {
        try await withStripe([]) { stripe, stub, _ in
            let late = stripe.until(.now - .seconds(1)).until(.now + .seconds(60))
            let error = await stripeError { try await late.createCustomer(userID: "u", installation: "i1", idempotencyKey: "k") }
            #expect(error?.kind == .timeout && error?.isUnknownOutcome == false)
            #expect(stub.received.isEmpty)
        }
    }

    @Test("times out when no answer comes, and then does not know what became of a change")
    func timeout() async throws {
        try await withStripe([.silence, .silence, .silence], timeout: .milliseconds(500)) { stripe, _, waits in
            let error = await stripeError { try await stripe.createCustomer(userID: "u", installation: "i1", idempotencyKey: "k") }
            #expect(error?.kind == .timeout && error?.isTimeout == true && error?.isUnknownOutcome == true)
            #expect(waits.all.count == 2)
        }
    }

    @Test("times out when the body does not come to its end")
    func slowBody() async throws {
        try await withStripe([.unfinished(Sample.customer)], timeout: .milliseconds(100), maxRetries: 0) { stripe, _, _ in
            #expect(await stripeError { try await stripe.customer("cus_1") }?.kind == .timeout)
        }
    }

    @Test("ends at once, unretried, when its task is cancelled")
    func cancelled() async throws {
        try await withStripe([.silence]) { stripe, stub, waits in
            // lint:allow stored Task because the test cancels it
            let call = Task { try await stripe.customer("cus_1") }
            var arrivals = stub.arrivals.makeAsyncIterator()
            _ = await arrivals.next()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(stub.received.count == 1 && waits.all.isEmpty)
        }
    }

    @Test("is not sent when its task was cancelled before")
    func cancelledBefore() async throws {
        try await withStripe([]) { stripe, stub, _ in
            // lint:allow stored Task because the test cancels it
            let call = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await stripe.customer("cus_1")
            }
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(stub.received.isEmpty)
        }
    }

    @Test("fails to connect to a port where nobody listens")
    func nobody() async throws {
        let url = try await StripeStub.serving([]) { $0.url }
        let configuration = try StripeConfiguration(secretKey: "sk_test_a", apiBase: url)
        let waits = Waits()
        let stripe = StripeClient(configuration: configuration, logger: Logger(label: "test"), pause: waits.pause)
        let error = await stripeError { try await stripe.customer("cus_1") }
        #expect(error?.kind == .connection && error?.isRetriable == true && error?.isUnknownOutcome == false)
        #expect(waits.all.count == 2)
        await stripe.close()
    }

    @Test(
        "knows no outcome of a change until an answer settles it",
        arguments: [
            ([.error(500), .error(500), .error(500)], true), ([.hangUp, .hangUp, .hangUp], true),
            ([.hangUp, .error(429), .error(429)], true),
            ([.error(429), .error(429), .error(429)], false), ([.hangUp, .error(400)], false),
            ([.error(409), .error(409), .error(409)], true),
            ([.json("<html>")], true), ([.error(402)], false), ([.hangUp, .error(401)], true),
        ] as [([StripeStubAnswer], Bool)])
    func unknownOutcome(script: [StripeStubAnswer], expected: Bool) async throws {
        try await withStripe(script) { stripe, _, _ in
            let error = await stripeError { try await stripe.createCustomer(userID: "u", installation: "i1", idempotencyKey: "k") }
            #expect(error?.isUnknownOutcome == expected)
        }
        try await withStripe(script) { stripe, _, _ in
            #expect(await stripeError { try await stripe.customer("cus_1") }?.isUnknownOutcome == false)
        }
    }
}
