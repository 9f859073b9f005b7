import Messaging
import Foundation
import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("The snapshot of a subscription")
struct RecordSubscriptionTests {
    private static let time = CheckoutBench.time

    private func status(_ bench: CheckoutBench) async throws -> String? {
        try await bench.value("SELECT status FROM subscriptions WHERE stripe_subscription_id = 'sub_1'")
    }

    private func store(_ source: RecordSubscription.Source, _ bench: CheckoutBench) async throws -> Bool {
        try await bench.outbox.transaction { work in try await bench.subscriptions.apply(source, user: "user_1", in: work) }
    }

    @Test("a read that began before an event of the same second came does not replace it", .database)
    func staleRead() async throws {
        try await CheckoutBench.run([Answered.subscription("active"), Answered.subscription("canceled")]) { bench, _ in
            try await bench.hear(Said.subscription(.trialing), created: Self.time.addingTimeInterval(-1))
            let begun = try await bench.subscriptions.read("sub_1")
            try await #expect(bench.hear(Said.subscription(.canceled), created: Self.time))
            try await #expect(store(begun, bench) == false)
            try await #expect(status(bench) == "canceled")
            let again = try await bench.subscriptions.read("sub_1")
            try await #expect(store(again, bench))
            try await #expect(status(bench) == "canceled")
        }
    }

    @Test("of two reads the one that began later holds", .database)
    func twoReads() async throws {
        try await CheckoutBench.run([Answered.subscription("active"), Answered.subscription("past_due")]) { bench, _ in
            let first = try await bench.subscriptions.read("sub_1")
            let second = try await bench.subscriptions.read("sub_1")
            try await #expect(store(second, bench))
            try await #expect(store(first, bench) == false)
            try await #expect(status(bench) == "past_due")
        }
    }

    @Test("a read that was stored already changes nothing when its transaction runs again", .database)
    func storedTwice() async throws {
        try await CheckoutBench.run([Answered.subscription("active")]) { bench, _ in
            let read = try await bench.subscriptions.read("sub_1")
            for _ in 1...2 { try await #expect(store(read, bench)) }
            try await #expect(bench.value("SELECT version FROM subscriptions") == "1")
        }
    }

    @Test("a read dated before what the row was built from is made again", .database)
    func olderDate() async throws {
        let earlier = "Mon, 23 Nov 2026 03:59:59 GMT"
        try await CheckoutBench.run([Answered.subscription("active", date: earlier)]) { bench, _ in
            try await bench.hear(Said.subscription(.canceled), created: Self.time)
            let read = try await bench.subscriptions.read("sub_1")
            try await #expect(store(read, bench) == false)
            try await #expect(status(bench) == "canceled")
        }
    }

    @Test("an event is taken only when it is strictly newer; else Stripe is read", .database, arguments: [-1.0, 0.0, 1.0])
    func events(after: Double) async throws {
        try await CheckoutBench.run([Answered.subscription("past_due")]) { bench, stub in
            try await bench.hear(Said.subscription(.active), created: Self.time)
            let created = Self.time.addingTimeInterval(after)
            try await #expect(bench.hear(Said.subscription(.unpaid), created: created) == (after > 0))
            let source = try await bench.subscriptions.prepare(Said.subscription(.unpaid), created: Self.time.addingTimeInterval(after - 1))
            guard case .read = source else {
                Issue.record("the payload was believed")
                return
            }
            #expect(stub.received.map(\.target) == ["/v1/subscriptions/sub_1"])
        }
    }

    @Test("a customer whose subscription keeps being overtaken is asked to come again", .database)
    func busy() async throws {
        try await CheckoutBench.run(Array(repeating: Answered.subscription("active"), count: 10)) { bench, stub in
            try await bench.link()
            try await bench.hear(Said.subscription(.active), created: Self.time.addingTimeInterval(3600))
            await #expect(throws: CheckoutRefusal.busy) { try await bench.catchUp.subscription("sub_1") }
            #expect(stub.received.count == 5)
            #expect(CheckoutRefusal.busy.retryAfter == .seconds(1))
        }
    }
}
