import Messages
import Foundation
import HTTPTestKit
import Messaging
import Models
import Postgres
import Stripe
import TestKit
import Testing

@testable import Checkout

/// Checkout's acts on a database of the test's own, with a stub in Stripe's place; no listener and no consumers.
struct CheckoutBench: Sendable {
    /// The date that the stub's answers carry.
    static let time = Date(timeIntervalSince1970: 1_795_406_400)

    let outbox: Outbox
    let stripe: StripeClient

    private static let plans = Plans(basic: "price_basic", premium: "price_premium")

    var pool: PostgresPool { outbox.pool }
    var objects: ApplyStripeObject { ApplyStripeObject(pool: pool, stripe: stripe, plans: Self.plans) }
    var subscriptions: RecordSubscription { RecordSubscription(pool: pool, stripe: stripe, plans: Self.plans) }
    var catchUp: CatchUp { CatchUp(outbox: outbox, objects: objects) }
    var open: OpenCheckout { OpenCheckout(catchUp: catchUp, plans: Self.plans) }

    /// Runs `body` on a migrated schema, with a stub that gives the scripted answers.
    static func run(
        _ script: [StripeStubAnswer] = [], _ body: (CheckoutBench, StripeStub) async throws -> Void
    ) async throws {
        let database = try #require(TestDatabase.current)
        let pool = try await database.pool(role: "checkout", migrated: checkoutMigrations)
        try await StripeStub.servingClient(script) { stripe, stub in
            try await body(CheckoutBench(outbox: Outbox(pool: pool, service: .checkout), stripe: stripe), stub)
        }
    }

    /// Applies an object as if it had been prepared, without asking Stripe for anything.
    @discardableResult
    func apply(
        _ object: StripeObject, user: UserID? = "user_1", invoice: InvoiceID? = nil, created: Date = CheckoutBench.time,
        failure: EventID? = nil
    ) async throws -> ApplyStripeObject.Result {
        let prepared = ApplyStripeObject.Prepared(object: object, created: created, user: user, invoice: invoice)
        return try await outbox.transaction { work in try await objects.apply(prepared, failure: failure, in: work) }
    }

    /// Stores a subscription as its event says it; whether it was taken.
    @discardableResult
    func hear(_ subscription: SubscriptionFacts, created: Date) async throws -> Bool {
        try await outbox.transaction { work in
            try await subscriptions.apply(.event(subscription, created: created), user: "user_1", in: work)
        }
    }

    /// Makes `cus_1` the customer of `user_1`.
    func link() async throws {
        _ = try await outbox.transaction { work in try await Customers.link("cus_1", to: "user_1", in: work) }
    }

    /// One value of one row, as text.
    func value(_ query: Query) async throws -> String? {
        try await pool.query("SELECT (\(query: query))::text AS value").first?.get("value")
    }
}
