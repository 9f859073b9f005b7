import Foundation
import HTTPTestKit
import Messaging
import Models
import Postgres
import Stripe
import TestKit
import Testing

@testable import Checkout

@Suite("Opening the page where a customer pays")
struct OpenCheckoutTests {
    @Test("many at once get one session, made under one key with one set of parameters", .database)
    func parallel() async throws {
        let answer = Answered.session("cs_1")
        try await CheckoutBench.run(Array(repeating: answer, count: 16)) { bench, stub in
            try await bench.link()
            let opened = try await withThrowingTaskGroup(of: CheckoutSessionID.self) { group in
                for _ in 1...16 { group.addTask { try await bench.open(CheckoutBench.click()).sessionID } }
                return try await group.reduce(into: [CheckoutSessionID]()) { $0.append($1) }
            }
            #expect(opened == Array(repeating: "cs_1", count: 16))
            #expect(Set(stub.received.map { $0.header("Idempotency-Key") }).count == 1)
            #expect(Set(stub.received.map(\.body)).count == 1)
            try await #expect(bench.value("SELECT string_agg(status, ',') FROM checkout_sessions") == "open")
        }
    }

    @Test("is refused once a session was paid, even before its subscription is heard of", .database, arguments: [true, false])
    func paidBefore(namesSubscription: Bool) async throws {
        let session = Answered.session("cs_1", "complete", subscription: "sub_1")
        let script = (namesSubscription ? [] : [session]) + [Answered.subscription("active")]
        try await CheckoutBench.run(script) { bench, stub in
            try await bench.link()
            try await bench.apply(.checkoutSession(Said.session("complete", subscription: namesSubscription ? "sub_1" : nil)))
            await #expect(throws: CheckoutRefusal.alreadySubscribed) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.paths.last == "GET /v1/subscriptions/sub_1")
            #expect(stub.received.count == script.count)
            await #expect(throws: CheckoutRefusal.alreadySubscribed) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.received.count == script.count, "it is in the table now")
        }
    }

    @Test("opens nothing while it cannot be known what was bought", .database)
    func unreadable() async throws {
        try await CheckoutBench.run([.error(500, headers: ["Stripe-Should-Retry": "false"])]) { bench, stub in
            try await bench.link()
            try await bench.apply(.checkoutSession(Said.session("complete", subscription: "sub_1")))
            await #expect(throws: StripeError.self) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.paths == ["GET /v1/subscriptions/sub_1"])
        }
    }

    @Test("is not in the way of a customer whose paid subscription has ended or is gone", .database, arguments: [true, false])
    func ended(isGone: Bool) async throws {
        let gone = StripeStubAnswer.error(404, #""type": "invalid_request_error""#)
        let made = Answered.session("cs_2")
        // Asked for before each step, because in between anything may have been bought.
        let script = isGone ? [gone, gone, made, gone] : [Answered.subscription("canceled"), made]
        try await CheckoutBench.run(script) { bench, _ in
            try await bench.link()
            try await bench.apply(.checkoutSession(Said.session("complete", subscription: "sub_1")))
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_2")
        }
    }

    @Test("is refused by any subscription that stands in the way, not only the newest", .database)
    func anySubscription() async throws {
        try await CheckoutBench.run { bench, stub in
            try await bench.apply(.subscription(Said.subscription("sub_old", .active, age: 60)))
            try await bench.apply(.subscription(Said.subscription("sub_new", .incomplete)))
            await #expect(throws: CheckoutRefusal.alreadySubscribed) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.received.isEmpty)
        }
    }

    @Test("closes a page at Stripe before it makes room for another: its time is nearly up, or it is for another plan", .database)
    func expires() async throws {
        let script = [
            Answered.session("cs_1", expiresIn: 30), Answered.session("cs_1", "expired"), Answered.session("cs_2"),
            Answered.session("cs_2", "expired"), Answered.session("cs_3"),
        ]
        try await CheckoutBench.run(script) { bench, stub in
            try await bench.link()
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_2")
            try await #expect(bench.open(CheckoutBench.click(.premium)).sessionID == "cs_3")
            let create = "POST /v1/checkout/sessions"
            #expect(stub.paths == [create, "\(create)/cs_1/expire", create, "\(create)/cs_2/expire", create])
            try await #expect(bench.value("SELECT string_agg(status, ',' ORDER BY id) FROM checkout_sessions") == "expired,expired,open")
        }
    }

    @Test("finds the subscription of a page that was paid before it could be closed", .database, arguments: [30, 3600])
    func paidMeanwhile(seconds: Int) async throws {
        let script = [
            Answered.session("cs_1", expiresIn: seconds), .error(400, #""type": "invalid_request_error""#),
            Answered.session("cs_1", "complete", subscription: "sub_1"), Answered.subscription("active"),
        ]
        try await CheckoutBench.run(script) { bench, stub in
            try await bench.link()
            if seconds == 3600 { _ = try await bench.open(CheckoutBench.click(.premium)) }
            await #expect(throws: CheckoutRefusal.alreadySubscribed) { try await bench.open(CheckoutBench.click()) }
            #expect(stub.received.count == 4)
            try await #expect(bench.value("SELECT status FROM checkout_sessions") == "complete")
        }
    }

    @Test("asks Stripe for nothing once its time is over", .database)
    func deadline() async throws {
        try await CheckoutBench.run { bench, stub in
            try await bench.link()
            let error = await #expect(throws: StripeError.self) {
                try await bench.open.until(ContinuousClock.now)(CheckoutBench.click())
            }
            #expect(error?.kind == .timeout)
            #expect(stub.received.isEmpty)
        }
    }

    @Test(
        "a session made elsewhere is kept as Stripe says it, and is not handed out", .database,
        arguments: ["open", "paused_by_stripe", nil])
    func elsewhere(status: String?) async throws {
        try await CheckoutBench.run([Answered.session("cs_2")]) { bench, _ in
            try await bench.link()
            let result = try await bench.apply(.checkoutSession(Said.session(status)))
            #expect(result == .applied("user_1"))
            try await #expect(bench.value("SELECT status || (url IS NULL) FROM checkout_sessions") == "\(status ?? "open")true")
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_2")
        }
    }

    @Test("a customer is made under one key, and under another once it was deleted", .database)
    func creationKey() async throws {
        try await CheckoutBench.run { bench, _ in
            let keys = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...8 { group.addTask { try await Customers.creation(for: "user_1", at: Date(), in: bench.pool).key } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(keys.count == 1)
            try await bench.link()
            try await bench.outbox.transaction { work in try await Customers.markDeleted("cus_1", in: work) }
            let another = try await Customers.creation(for: "user_1", at: Date(), in: bench.pool).key
            #expect(!keys.contains(another))
        }
    }
}
