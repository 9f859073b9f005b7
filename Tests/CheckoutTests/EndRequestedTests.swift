import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("A subscription whose end was asked for")
struct EndRequestedTests {
    private static let ended = StripeStubAnswer.json(
        #"{"id":"sub_1","object":"subscription","livemode":false,"customer":"cus_1","status":"canceled","created":1}"#)
    private static let request = SubscriptionEndRequested(userID: "user_1", subscriptionID: "sub_1", why: "dispute_lost", invoiceID: "in_1")

    private func end(_ bench: CheckoutBench, _ request: SubscriptionEndRequested = EndRequestedTests.request) async throws {
        let handler = EndRequestedHandler(pool: bench.pool, stripe: bench.stripe)
        try await handler.prepare(request)
        let outcome = try await bench.outbox.transaction { work in try await handler.apply(request, (), in: work) }
        #expect(outcome == .done)
    }

    private func know(_ bench: CheckoutBench) async throws {
        try await bench.link()
        try await bench.apply(
            .subscription(
                SubscriptionFacts(id: "sub_1", customerID: "cus_1", status: .active, priceID: "price_basic", created: CheckoutBench.time)))
    }

    @Test("is ended at Stripe, once however often that is asked", .database)
    func once() async throws {
        try await CheckoutBench.run([Self.ended]) { bench, stub in
            try await know(bench)
            for _ in 1...2 { try await end(bench) }
            #expect(stub.received.map(\.method) == ["DELETE"])
            #expect(stub.received.map(\.target) == ["/v1/subscriptions/sub_1"])
            try await #expect(bench.value("SELECT why || ' ' || (ended_at IS NOT NULL) FROM subscription_ends") == "dispute_lost true")
        }
    }

    @Test("is a row before it is a request, and asked for again when no answer came", .database)
    func rowFirst() async throws {
        try await CheckoutBench.run([.hangUp, Self.ended]) { bench, stub in
            try await know(bench)
            await #expect(throws: (any Error).self) { try await end(bench) }
            try await #expect(bench.value("SELECT ended_at IS NULL FROM subscription_ends") == "true")
            try await end(bench)
            #expect(stub.received.count == 2)
            try await #expect(bench.value("SELECT ended_at IS NOT NULL FROM subscription_ends") == "true")
        }
    }

    @Test("is left alone while it is not known to be theirs", .database, arguments: [nil, "user_2"] as [UserID?])
    func notTheirs(user: UserID?) async throws {
        try await CheckoutBench.run { bench, stub in
            if user != nil { try await know(bench) }
            var request = Self.request
            request.userID = user ?? request.userID
            await #expect(throws: (any Error).self) { try await end(bench, request) }
            #expect(stub.received.isEmpty)
            try await #expect(bench.value("SELECT count(*) FROM subscription_ends") == "0")
        }
    }
}
