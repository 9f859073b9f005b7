import Foundation
import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("Subscriptions in the table")
struct SubscriptionTableTests {
    private static let time = CheckoutBench.time

    private func status(_ bench: CheckoutBench) async throws -> String? {
        try await bench.value("SELECT status || ' ' || user_id FROM subscriptions WHERE stripe_subscription_id = 'sub_1'")
    }

    @Test("an event is taken only when it is strictly newer; else Stripe is read", .database, arguments: [-1.0, 0.0, 1.0])
    func events(after: Double) async throws {
        try await CheckoutBench.run([Answered.subscription("past_due")]) { bench, stub in
            try await bench.link()
            try await bench.hear(.subscription(Said.subscription(.active)), "customer.subscription.created", created: Self.time)
            let created = Self.time.addingTimeInterval(after)
            try await bench.hear(.subscription(Said.subscription(.unpaid)), "customer.subscription.updated", created: created)
            try await #expect(status(bench) == (after > 0 ? "unpaid user_1" : "past_due user_1"))
            #expect(stub.received.map(\.target) == (after > 0 ? [] : ["/v1/subscriptions/sub_1"]))
        }
    }

    @Test("a customer whose subscription keeps being overtaken is asked to come again", .database)
    func busy() async throws {
        try await CheckoutBench.run(Array(repeating: Answered.subscription("active"), count: 25)) { bench, stub in
            try await bench.link()
            // Newer than what the stub's answers are dated, and not in the future.
            try await bench.apply(.subscription(Said.subscription(.active)), created: Self.time.addingTimeInterval(3600))
            await #expect(throws: CheckoutRefusal.busy) { try await bench.catchUp.subscription("sub_1") }
            #expect(stub.received.count == 20)
            #expect(CheckoutRefusal.busy.retryAfter == .seconds(1))
        }
    }
}
