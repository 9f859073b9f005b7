import Testing

@testable import Stripe

@Suite("A request to Stripe that failed")
struct RequestRetriesTests {
    @Test(
        "waits half a second, then twice as long each time, to five seconds",
        arguments: [(0, 0.5), (1, 1), (2, 2), (3, 4), (4, 5), (9, 5), (63, 5)])
    func backoff(retry: Int, seconds: Double) {
        let policy = RequestRetries(maxRetries: 100)
        #expect(policy.wait(before: retry, retryAfter: nil, random: 1) == .seconds(seconds))
        #expect(policy.wait(before: retry, retryAfter: nil, random: 0) == .seconds(seconds / 2))
    }

    @Test("gives up after the last retry")
    func lastRetry() {
        #expect(RequestRetries(maxRetries: 2).wait(before: 1, retryAfter: nil, random: 0) != nil)
        #expect(RequestRetries(maxRetries: 2).wait(before: 2, retryAfter: nil, random: 0) == nil)
        #expect(RequestRetries(maxRetries: 0).wait(before: 0, retryAfter: nil, random: 0) == nil)
    }

    @Test("keeps Retry-After up to a minute, and never waits less than its own backoff")
    func retryAfter() {
        let policy = RequestRetries(maxRetries: 2)
        #expect(policy.wait(before: 0, retryAfter: .seconds(7), random: 1) == .seconds(7))
        #expect(policy.wait(before: 0, retryAfter: .seconds(60), random: 1) == .seconds(60))
        #expect(policy.wait(before: 0, retryAfter: .seconds(61), random: 1) == nil)
        #expect(policy.wait(before: 0, retryAfter: .zero, random: 1) == .seconds(0.5))
    }

    @Test("retries what may pass by itself", arguments: StripeError.Kind.allCases)
    func kinds(kind: StripeError.Kind) {
        let expected = kind == .connection || kind == .timeout
        #expect(RequestRetries.isWorthRetrying(StripeError(kind), verdict: nil) == expected)
    }

    @Test(
        "retries 409, 429 and 5xx",
        arguments: [(400, false), (401, false), (402, false), (404, false), (409, true), (429, true), (500, true), (503, true)])
    func statuses(status: Int, expected: Bool) {
        #expect(RequestRetries.isWorthRetrying(StripeError(.invalidRequest, status: status), verdict: nil) == expected)
    }

    @Test("does what Stripe-Should-Retry says instead")
    func verdict() {
        #expect(!RequestRetries.isWorthRetrying(StripeError(.api, status: 500), verdict: false))
        #expect(RequestRetries.isWorthRetrying(StripeError(.card, status: 402), verdict: true))
    }
}
