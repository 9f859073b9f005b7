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

@testable import SubscriptionEnforcement

/// Enforcement on a database of the test's own, with a stub in Stripe's place. No consumers and no relay: what is said is in the outbox.
/// The hold-down is over at once, so a stop takes two looks and no wait.
struct EnforcementBench: Sendable {
    /// The date that the stub's answers carry.
    static let time = Date(timeIntervalSince1970: 1_795_406_400)

    let outbox: Outbox
    let worker: LookWorker
    let policy: AccessPolicy
    let stripe: StripeClient

    var pool: PostgresPool { outbox.pool }

    private init(
        pool: PostgresPool, stripe: StripeClient, plans: PlanCatalogue, policy: AccessPolicy, holdDown: Duration,
        freshness: Duration
    ) {
        let logger = Logger(label: "enforcement", factory: { _ in SwiftLogNoOpLogHandler() })
        let alerts = Alerts(pool: pool, logger: logger)
        outbox = Outbox(pool: pool, service: .enforcement)
        self.policy = policy
        self.stripe = stripe
        let read = ReadSubscriptions(stripe: stripe, policy: policy, plans: plans, pool: pool)
        let wake = WakeSignal()
        let enforce = EnforceAccess(
            outbox: outbox, read: read, reversals: ReadReversals(stripe: stripe, policy: policy, alerts: alerts), alerts: alerts,
            holdDown: holdDown, wake: wake,
            freshness: freshness)
        worker = LookWorker(enforce: enforce, pool: pool, wake: wake, retry: RetryPolicy(), logger: logger)
    }

    /// Runs `body` on a migrated schema, with a stub that gives the scripted answers.
    static func run(
        _ script: [StripeStubAnswer] = [], freshness: Duration = .seconds(10), timeout: Duration = .seconds(10),
        plans: PlanCatalogue = .ofTests, policy: AccessPolicy = AccessPolicy(), holdDown: Duration = .zero,
        _ body: (EnforcementBench, StripeStub) async throws -> Void
    ) async throws {
        let database = try #require(TestDatabase.current)
        let pool = try await database.pool(role: "enforcement", with: enforcementSchema)
        try await StripeStub.servingClient(script, timeout: timeout) { stripe, stub in
            let bench = EnforcementBench(pool: pool, stripe: stripe, plans: plans, policy: policy, holdDown: holdDown, freshness: freshness)
            try await body(bench, stub)
        }
    }

    /// Makes `user_1` known, on or off, with the customer `cus_1`; a stop that is due is one whose hold-down is over.
    func know(_ wanted: AccessLevel = .off, stopIsDue: Bool = false, subscriptions: [SubscriptionID] = []) async throws {
        try await pool.query("INSERT INTO customers (stripe_customer_id, user_id) VALUES ('cus_1', 'user_1')")
        try await pool.query(
            """
            INSERT INTO known_subscriptions (stripe_subscription_id, stripe_customer_id)
            SELECT id, 'cus_1' FROM unnest(\(subscriptions)) AS id
            """)
        try await pool.query(
            """
            INSERT INTO access (user_id, wanted, generation, stop_due_at, check_at)
            VALUES ('user_1', \(wanted), \(wanted == .on ? 1 : 0), CASE WHEN \(stopIsDue) THEN \(Self.time) - interval '1 minute' END,
                    CASE WHEN \(wanted == .on) THEN \(Self.time) + interval '1 day' END)
            """)
    }

    /// Looks at everybody whom nobody has claimed, due or not; how many there were.
    @discardableResult
    func look() async throws -> Int {
        try await pool.query("UPDATE access SET asked_at = now(), looked_at = NULL, retry_at = NULL WHERE claimed_until IS NULL")
        return try await lookAtThoseDue()
    }

    /// Looks at everybody who is due by now; how many there were.
    func lookAtThoseDue(at now: Date? = nil) async throws -> Int {
        try await pool.query("UPDATE access SET looked_at = NULL")
        let claims = try await AccessClaims.claim(limit: 8, now: now, in: pool)
        for claim in claims { await worker.look(at: claim) }
        return claims.count
    }

    /// Claims the only user, as a look does at its beginning.
    func claim() async throws -> AccessClaim {
        try await pool.query("UPDATE access SET asked_at = now(), looked_at = NULL, claimed_until = NULL")
        let claims = try await AccessClaims.claim(limit: 8, now: nil, in: pool)
        #expect(claims.count == 1)
        return try #require(claims.first)
    }

    /// A subscription of `cus_1` as its events carry it.
    static let subscription = StripeObject.subscription(
        SubscriptionFacts(id: "sub_1", customerID: "cus_1", status: .active, created: time))

    /// Hears of an event as the consumer does.
    @discardableResult
    func hear(
        _ id: EventID, _ object: StripeObject? = EnforcementBench.subscription, type: String = "customer.subscription.deleted",
        created: Date = EnforcementBench.time
    ) async throws -> Outcome {
        var event = Self.event(id, object)
        event.eventType = type
        event.created = created
        let heard = Heard(id: id.rawValue, message: event)
        do {
            try await outbox.transaction { work in try await hints.apply([heard], in: work) }
            return .done
        } catch let undone as Undone {
            return undone.outcomes[heard.id] ?? .done
        }
    }

    /// Hears that a payment was given back or objected to.
    func hearOfReversal(_ id: EventID, _ object: StripeObject) async throws {
        let event = Self.event(id, object)
        let customer = try await reversals.prepare(event)
        let outcome = try await outbox.transaction { work in try await reversals.apply(event, customer, in: work) }
        #expect(outcome == .done)
    }

    var hints: HintHandler { HintHandler(stripeClock: stripe.clock, wake: WakeSignal()) }
    var reversals: ReversalHandler { ReversalHandler(stripe: stripe, policy: policy, hints: hints) }

    static func event(_ id: EventID, _ object: StripeObject?) -> StripeEventReceived {
        StripeEventReceived(
            stripeEventID: id, eventType: "customer.subscription.deleted", created: time, apiVersion: nil, objectID: "sub_1",
            object: object)
    }

    /// Hears whose `cus_1` is.
    func link(_ customer: CustomerID = "cus_1") async throws {
        let link = CustomerLinked(userID: "user_1", stripeCustomerID: customer)
        let outcome = try await outbox.transaction { work in
            try await CustomerLinkedHandler(wake: WakeSignal()).apply(link, (), in: work)
        }
        #expect(outcome == .done)
    }

    /// Hears that checkout knows a subscription of the user's.
    func hearOfSubscription(_ id: SubscriptionID, endedAt: Date? = nil) async throws {
        let told = SubscriptionChanged(
            subscriptionID: id, version: 1, userID: "user_1", planID: "basic", status: "active", amount: nil, currency: nil,
            interval: nil, intervalCount: nil, quantity: nil, currentPeriodStart: nil, currentPeriodEnd: nil, cancelAtPeriodEnd: false,
            endedAt: endedAt, createdAt: Self.time, changedAt: Self.time)
        let outcome = try await outbox.transaction { work in
            try await SubscriptionChangedHandler(wake: WakeSignal()).apply(told, (), in: work)
        }
        #expect(outcome == .done)
    }

    /// What the user's VM may do, and the generation: `on 1`.
    func access() async throws -> String? { try await value("SELECT wanted || ' ' || generation FROM access") }

    /// The commands that were given, each with its generation: `vm.restore.v1 1, vm.shutdown.v1 2`; empty when there is none.
    func commands() async throws -> String? {
        try await value(
            """
            SELECT coalesce(string_agg(routing_key || ' ' || (convert_from(body, 'UTF8')::json -> 'data' ->> 'generation'), ', '
                                       ORDER BY id), '')
            FROM outbox WHERE exchange = 'vm.commands'
            """)
    }

    /// One field of each message with this key, in order; nil when there is none.
    func said(_ key: String, _ field: String) async throws -> String? {
        try await value(
            """
            SELECT string_agg(convert_from(body, 'UTF8')::json -> 'data' ->> \(field), ' ' ORDER BY id)
            FROM outbox WHERE routing_key = \(key)
            """)
    }

    /// One value of one row, as text.
    func value(_ query: Query) async throws -> String? {
        try await pool.query("SELECT (\(query: query))::text AS value")[0].get("value", as: String?.self)
    }
}

/// What Stripe answers in these tests.
enum Answered {
    /// The end of a month, and of the next.
    static let monthEnd = 1_797_998_400
    static let nextMonthEnd = 1_800_590_400

    static func list(_ rows: String..., date: String? = StripeStubAnswer.date) -> StripeStubAnswer {
        .json(#"{"object":"list","has_more":false,"url":"/v1/rows","data":[\#(rows.joined(separator: ","))]}"#, date: date)
    }

    static func subscription(
        _ status: String, id: String = "sub_1", customer: String = "cus_1", invoice: String? = nil, until end: Int = Answered.monthEnd,
        prices: [String] = ["price_basic"], openedFor plan: String? = nil, livemode: Bool = false
    ) -> String {
        let latest = invoice.map { "\"\($0)\"" } ?? "null"
        let items = prices.map { #"{"id":"si_1","object":"subscription_item","price":{"id":"\#($0)","object":"price"}}"# }
        let metadata = plan.map { #"{"plan_id":"\#($0)"}"# } ?? "{}"
        return #"{"id":"\#(id)","object":"subscription","items":{"data":[\#(items.joined(separator: ","))]},"metadata":\#(metadata),"#
            + #""livemode":\#(livemode),"customer":"\#(customer)","status":"\#(status)","#
            + #""created":1795000000,"current_period_end":\#(end),"latest_invoice":\#(latest)}"#
    }

    /// An invoice of the month before the present one.
    static func invoice(
        _ id: String, of subscription: String = "sub_1", status: String = "open", attempts: Int, next: Int? = nil, intent: String? = nil,
        serviceEnd: Int = Answered.monthEnd
    ) -> String {
        let planned = next.map(String.init) ?? "null"
        let line = #"{"object":"line_item","amount":1900,"type":"subscription","period":{"start":1795000000,"end":\#(serviceEnd)}}"#
        return #"{"id":"\#(id)","object":"invoice","livemode":false,"customer":"cus_1","status":"\#(status)","currency":"usd","#
            + #""collection_method":"charge_automatically","billing_reason":"subscription_cycle","subscription":"\#(subscription)","#
            + #""payment_intent":\#(intent.map { "\"\($0)\"" } ?? "null"),"lines":{"data":[\#(line)]},"#
            + #""created":1795000000,"attempt_count":\#(attempts),"next_payment_attempt":\#(planned)}"#
    }

    /// Everything that is no plain answer of Stripe in our mode, whatever was asked. What some of them hold says on, if it is believed.
    static let failures: [StripeStubAnswer] = [
        .error(400), .error(401), .error(403), .error(404), .error(429), .error(429, headers: ["Retry-After": "1"]), .error(500),
        .error(503), .json("{}", status: 302), .silence, .hangUp, .half(of: subscription("active")), .unfinished(subscription("active")),
        .json("<html>"), .json("[]"), .json(subscription("active", livemode: true)), list(subscription("active", livemode: true)),
        list(subscription("active"), date: nil),
    ]
}
