import Foundation
import HTTPTestKit
import Models
import Postgres
import Stripe
import TestKit
import Testing

@testable import Checkout

/// Stripe keeps its own failures under the key, too, and repeats them for a day, whatever it had done before it failed (Stripe's API reference,
/// "Idempotent requests": retries return the saved response, including 500 errors).
@Suite("A key under which Stripe keeps a failure of its own")
struct BurntKeyTests {
    @Test("gives the session that was made all the same", .database)
    func adopted() async throws {
        let others = [
            Answered.sessionObject("cs_2", user: "user_2"), Answered.sessionObject("cs_3", plan: "premium"),
            Answered.sessionObject("cs_4", installation: "there"), Answered.sessionObject("cs_1"),
        ]
        try await CheckoutBench.run([Answered.burnt, Answered.list(others.joined(separator: ","))]) { bench, stub in
            try await bench.link()
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            #expect(stub.paths == ["POST /v1/checkout/sessions", "GET /v1/checkout/sessions"])
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1", "the next click finds it in the table")
        }
    }

    @Test("is given up where nothing was made", .database)
    func renewed() async throws {
        try await CheckoutBench.run([Answered.burnt, Answered.list(), Answered.session("cs_1")]) { bench, stub in
            try await bench.link()
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            #expect(stub.paths == ["POST /v1/checkout/sessions", "GET /v1/checkout/sessions", "POST /v1/checkout/sessions"])
            #expect(stub.received[0].header("Idempotency-Key") != stub.received[2].header("Idempotency-Key"))
        }
    }

    @Test("an intention older than Stripe's memory of its key looks first for what was made", .database)
    func old() async throws {
        try await CheckoutBench.run([Answered.list(Answered.sessionObject("cs_1"))]) { bench, stub in
            try await bench.link()
            try await bench.pool.query(
                """
                INSERT INTO checkout_sessions (user_id, plan_id, status, idempotency_key, stripe_customer_id, price_id, success_url, cancel_url,
                                               created_at)
                VALUES ('user_1', 'basic', 'creating', 'k', 'cus_1', 'price_basic', 'https://shop.example', 'https://shop.example',
                        now() - interval '24 hours')
                """)
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            #expect(stub.paths == ["GET /v1/checkout/sessions"])
        }
    }

    @Test("a failure that is not kept leaves the key alone", .database)
    func notKept() async throws {
        try await CheckoutBench.run([.error(500), Answered.session("cs_1")]) { bench, stub in
            try await bench.link()
            await #expect(throws: StripeError.self) { try await bench.open(CheckoutBench.click()) }
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            #expect(stub.received[0].header("Idempotency-Key") == stub.received[1].header("Idempotency-Key"))
        }
    }

    @Test("gives the customer that was made all the same, or another key", .database, arguments: [true, false])
    func customer(wasMade: Bool) async throws {
        let others = [
            Answered.customer("cus_2", user: "user_2"), Answered.customer("cus_3", installation: "there"),
            Answered.customer("cus_4", installation: nil),
        ]
        let found = Answered.list((others + (wasMade ? [Answered.customer("cus_1")] : [])).joined(separator: ","))
        let made = wasMade ? [] : [StripeStubAnswer.json(Answered.customer("cus_1"))]
        try await CheckoutBench.run([Answered.price(), Answered.burnt, found] + made + [Answered.session("cs_1")]) { bench, stub in
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            try await #expect(bench.value("SELECT string_agg(stripe_customer_id, ',') FROM customers") == "cus_1")
            let posts = stub.received.filter { $0.target == "/v1/customers" }
            #expect(Set(posts.map { $0.header("Idempotency-Key") }).count == (wasMade ? 1 : 2))
        }
    }

    @Test("is told as Stripe's failure when the next one burns too, and the next click begins with a third", .database)
    func twice() async throws {
        let script = [Answered.price(), Answered.burnt, Answered.list(), Answered.burnt, Answered.list()]
        let next = [Answered.price(), .json(Answered.customer("cus_1")), Answered.session("cs_1")]
        try await CheckoutBench.run(script + next) { bench, stub in
            let error = await #expect(throws: StripeError.self) { try await bench.open(CheckoutBench.click()) }
            #expect(error?.isRetriable == true)
            try await #expect(bench.open(CheckoutBench.click()).sessionID == "cs_1")
            let keys = stub.received.filter { $0.method == "POST" && $0.target == "/v1/customers" }.map { $0.header("Idempotency-Key") }
            #expect(Set(keys).count == 3)
        }
    }

    @Test("a page that is closed has a new key for each try", .database)
    func expiry() async throws {
        let script = [Answered.session("cs_1", expiresIn: 30), Answered.burnt, Answered.burnt]
        try await CheckoutBench.run(script) { bench, stub in
            try await bench.link()
            for _ in 1...2 { await #expect(throws: StripeError.self) { try await bench.open(CheckoutBench.click()) } }
            let keys = stub.received.filter { $0.target.hasSuffix("/expire") }.map { $0.header("Idempotency-Key") }
            #expect(Set(keys).count == 2)
        }
    }
}
