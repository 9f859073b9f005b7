import Foundation
import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("What keeps a subscription from being paid")
struct PaymentProblemTests {
    private func invoice(_ id: InvoiceID, _ status: String, attempts: Int = 1, age: TimeInterval = 0) -> StripeObject {
        .invoice(
            InvoiceFacts(
                id: id, customerID: "cus_1", subscriptionID: "sub_1", status: status, currency: "usd", amountDue: 1900,
                attemptCount: attempts, created: CheckoutBench.time.addingTimeInterval(-age)))
    }

    private func problem(_ bench: CheckoutBench) async throws -> SubscriptionAnswer.PaymentProblem? {
        try await SubscriptionAnswer.current(of: "user_1", .ofTests, in: bench.pool)?.paymentProblem
    }

    /// What was voided or written off is wanted no more (Stripe's documentation, "How invoicing works", invoice statuses).
    @Test(
        "is an open invoice that was tried in vain, until it is settled in whatever way", .database,
        arguments: ["paid", "void", "uncollectible"])
    func settled(status: String) async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.apply(.subscription(Said.subscription(.pastDue)))
            try await bench.apply(invoice("in_1", "open", attempts: 2))
            try await #expect(problem(bench)?.attemptCount == 2)
            try await bench.apply(invoice("in_1", status, attempts: 2), created: CheckoutBench.time.addingTimeInterval(1))
            try await #expect(problem(bench)?.attemptCount == nil)
        }
    }

    /// With "leave past_due" the next period's draft is the newest invoice, while the one before is still owed (Stripe's documentation, "Smart
    /// Retries").
    @Test("is not hidden by the next period's draft, nor made of one that was not tried", .database)
    func draft() async throws {
        try await CheckoutBench.run { bench, _ in
            var subscription = Said.subscription(.pastDue)
            subscription.latestInvoiceID = "in_2"
            try await bench.apply(.subscription(subscription))
            try await bench.apply(invoice("in_2", "draft", attempts: 0))
            try await #expect(problem(bench)?.attemptCount == nil)
            try await bench.apply(invoice("in_1", "open", attempts: 4, age: 86_400))
            try await #expect(problem(bench)?.attemptCount == 4)
        }
    }
}
