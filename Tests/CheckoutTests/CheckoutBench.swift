import Foundation
import HTTPTestKit
import Logging
import Messages
import Messaging
import Models
import Postgres
import Stripe
import TestKit
import Testing

@testable import Checkout
@testable import StripeSync

/// Checkout's acts on a database of the test's own, with a stub in Stripe's place; no listener and no consumers.
struct CheckoutBench: Sendable {
    /// The date that the stub's answers carry.
    static let time = Date(timeIntervalSince1970: 1_795_406_400)

    let outbox: Outbox
    let stripe: StripeClient

    var pool: PostgresPool { outbox.pool }
    var objects: ApplyStripeObject { ApplyStripeObject(pool: pool, stripe: stripe, plans: .ofTests, installation: installation) }
    var installation: Installation { Installation(pool: pool, setting: "here") }
    var alerts: Alerts { Alerts(pool: pool, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })) }
    var catchUp: CatchUp { CatchUp(outbox: outbox, objects: objects) }
    var open: OpenCheckout { OpenCheckout(catchUp: catchUp, alerts: alerts) }

    /// Runs `body` on a migrated schema, with a stub that gives the scripted answers.
    static func run(
        _ script: [StripeStubAnswer] = [], _ body: (CheckoutBench, StripeStub) async throws -> Void
    ) async throws {
        let database = try #require(TestDatabase.current)
        let pool = try await database.pool(role: "checkout", with: checkoutSchema)
        try await StripeStub.servingClient(script) { stripe, stub in
            try await body(CheckoutBench(outbox: Outbox(pool: pool, service: .checkout), stripe: stripe), stub)
        }
    }

    /// Applies an object as if it had been prepared and nobody had to be asked who pays what; `type` and `event` are those of the event that
    /// carried it.
    @discardableResult
    func apply(
        _ object: StripeObject, user: UserID? = "user_1", invoice: InvoiceID? = nil, created: Date = CheckoutBench.time,
        type: String = "", event: EventID = "evt_1"
    ) async throws -> ApplyStripeObject.Result {
        var prepared = ApplyStripeObject.Prepared(
            object: object, heard: .event(event, type: type, created: created), owner: user.map { .user($0) } ?? .unknown,
            collects: invoice)
        switch object {
        case .invoice(let facts): prepared.invoice = try await objects.invoices.prepare(facts, heard: created)
        case .subscription(let facts): prepared.subscription = Snapshot(facts: facts, origin: .payload(created, isFirst: false))
        default: break
        }
        return try await outbox.transaction { [prepared] work in try await objects.apply(prepared, in: work) }
    }

    /// Hears of an object as the consumer does, which asks Stripe where it must; whether it was overtaken.
    @discardableResult
    func hear(_ object: StripeObject, _ type: String, created: Date = CheckoutBench.time) async throws -> ApplyStripeObject.Result {
        let prepared = try await objects.prepare(object, .event("evt_1", type: type, created: created))
        return try await outbox.transaction { work in try await objects.apply(prepared, in: work) }
    }

    /// Makes `cus_1` the customer of `user_1`.
    func link() async throws {
        _ = try await outbox.transaction { work in try await Customers.link("cus_1", to: "user_1", in: work) }
    }

    /// A click of `user_1` on a plan.
    static func click(_ plan: Plan = .basic) -> OpenCheckout.Request {
        OpenCheckout.Request(user: "user_1", plan: plan, successURL: "https://shop.example/", cancelURL: "https://shop.example/no")
    }

    /// One value of one row, as text.
    func value(_ query: Query) async throws -> String? {
        try await pool.query("SELECT (\(query: query))::text AS value").first?.get("value")
    }

    /// Why the newest attempt to collect an invoice failed, as its customer is told.
    func latestFailure(of invoice: InvoiceID) async throws -> String? {
        try await pool.query(PaymentAttempts.latest(of: "\(invoice)")).first?.get("failure_code")
    }
}

extension StripeStub {
    /// The requests that have arrived, without their queries.
    var paths: [String] { received.map { "\($0.method) \($0.target.prefix { $0 != "?" })" } }
}
