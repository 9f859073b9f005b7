import AsyncHTTPClient
import Foundation
import HTTPTestKit
import NIOCore
import NIOHTTP1
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Checkout

/// Checkout inside the test, on a database and a virtual host of the test's own, with a stub in Stripe's place.
struct RunningCheckout: Sendable {
    let database: TestDatabase
    private let port: Int

    /// What checkout answered.
    struct Answer: Sendable {
        var status: UInt
        var retryAfter: String?
        var body: [UInt8]

        func json() throws -> [String: Any] { try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:] }

        /// `error.code`, and `error.field` where there is one.
        func refusal() throws -> String {
            let error = try json()["error"] as? [String: Any] ?? [:]
            return [error["code"], error["field"]].compactMap { $0 as? String }.joined(separator: " ")
        }
    }

    /// Runs the service while `body` runs; ends it gracefully.
    static func run(
        _ script: [StripeStubAnswer] = [], _ body: (RunningCheckout, StripeStub) async throws -> Void
    ) async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await postponePasses(database)
        try await StripeStub.serving(script) { stub in
            let settings = [
                "AMQP_URL": broker.url, "DATABASE_URL": database.url(role: "checkout"),
                "MIGRATION_DATABASE_URL": database.url(role: "checkout_owner"),
                "STRIPE_SECRET_KEY": "sk_test_checkout",
                "STRIPE_PUBLISHABLE_KEY": "pk_test_checkout", "STRIPE_API_BASE": stub.url, "STRIPE_PRICE_BASIC": "price_basic",
                "STRIPE_PRICE_PREMIUM": "price_premium", "AUTH_JWT_SECRET": TestToken.secret,
                "ALLOWED_REDIRECT_ORIGINS": "https://shop.example", "RETRY_MAX_SECONDS": "1", "INSTALLATION": "here",
                "CHECKOUT_URL": "http://127.0.0.1:1", "REFUND_URL": "http://127.0.0.1:1", "ENFORCEMENT_URL": "http://127.0.0.1:1",
            ]
            try await ServedInTest.running([ServedInTest("checkout", settings: settings) { try buildCheckout($0) }]) { addresses in
                try await body(RunningCheckout(database: database, port: addresses[0].port), stub)
            }
        }
    }

    /// The scripted answers are for the calls of the test alone: Stripe's lists are not compared meanwhile.
    private static func postponePasses(_ database: TestDatabase) async throws {
        _ = try await database.pool(role: "checkout", with: checkoutSchema)
        try await database.superuser.query(
            "INSERT INTO checkout.periodic_work (name, next_at) VALUES ('reconcile', now() + interval '5 minutes')")
    }

    /// Calls as a customer.
    func post(_ path: String, as user: String = "user_1", _ body: [String: String]) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/api/payment/\(path)")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(try await TestToken.customer(user))")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        return Answer(
            status: answer.status.code, retryAfter: answer.headers.first(name: "Retry-After"),
            body: [UInt8](buffer: try await answer.body.collect(upTo: 1 << 20)))
    }

    /// Reads as a customer; with `origin` as a page of another site does, which is the router's.
    func get(_ path: String, as user: String = "user_1", origin: String? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/api/payment/\(path)")
        request.headers.add(name: "Authorization", value: "Bearer \(try await TestToken.customer(user))")
        if let origin { request.headers.add(name: "Origin", value: origin) }
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        return Answer(status: answer.status.code, body: [UInt8](buffer: try await answer.body.collect(upTo: 1 << 20)))
    }

    /// Loads a page as a browser would.
    func page(_ path: String) async throws -> (status: UInt, type: String?, text: String) {
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let text = String(buffer: try await answer.body.collect(upTo: 1 << 20))
        return (answer.status.code, answer.headers.first(name: "Content-Type"), text)
    }

    /// What an operator has to look at.
    func alerts() async throws -> String? {
        try await database.superuser.query(
            "SELECT string_agg(code || ' ' || subject, ',' ORDER BY code, subject) AS alerts FROM checkout.alerts WHERE cleared_at IS NULL"
        ).first?.get("alerts")
    }

    /// Makes `cus_1` the customer of `user_1`.
    func link() async throws {
        try await database.superuser.query("INSERT INTO checkout.customers (user_id, stripe_customer_id) VALUES ('user_1', 'cus_1')")
    }

    /// Stores a subscription of `user_1`, as the read with that number found it.
    func subscribe(_ status: String, ticket: Int64 = 0) async throws {
        try await database.superuser.query(
            """
            INSERT INTO checkout.subscriptions (stripe_subscription_id, user_id, stripe_customer_id, plan_id, status, cancel_at_period_end,
                                                stripe_created_at, source_time, read_ticket)
            VALUES ('sub_1', 'user_1', 'cus_1', 'basic', \(status), false, now(), now(), \(ticket))
            """)
    }
}
