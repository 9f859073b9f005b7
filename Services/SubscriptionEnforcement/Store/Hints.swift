import Messages
import Messaging
import Models
import Postgres

/// An event that may concern somebody's access.
struct Hint: Sendable {
    /// The id of the message that told of it.
    let id: String
    let event: StripeEventReceived
    /// Whom it is about; an event that names nobody cannot be kept.
    let customer: CustomerID?
    /// The charge that was given back, or taken back, where it tells of that.
    var charge: ChargeID?
}

/// The tables `hints`, `customers` and `known_subscriptions`.
enum Hints {
    private static let hints = AuditedTable(
        "hints", key: "stripe_event_id", of: "event", user: "NULL::text", hiding: ["stripe_event_id", "seq"])
    private static let subscriptions = AuditedTable(
        "known_subscriptions", key: "stripe_subscription_id", of: "subscription", user: "NULL::text")
    private static let customers = AuditedTable("customers", key: "stripe_customer_id", of: "customer")

    /// Keeps events until a decision has taken them into account.
    static func keep(_ hints: [Hint], in work: UnitOfWork) async throws {
        // Two messages can be about one event, and its rows are locked in the order of the events.
        let known = Dictionary(hints.map { ($0.event.stripeEventID, $0) }) { first, _ in first }
        let hints = known.values.sorted { $0.event.stripeEventID.rawValue < $1.event.stripeEventID.rawValue }
        let events = hints.map(\.event)
        try await lock(hints.compactMap(\.customer), in: work)
        try await work.send(
            Self.hints.change(
                "hint.kept", heard: hints.map { ($0.event.stripeEventID.rawValue, $0.id) }, isNew: true,
                by: """
                    INSERT INTO hints (stripe_event_id, event_type, stripe_customer_id, stripe_charge_id)
                    SELECT * FROM unnest(\(events.map(\.stripeEventID)), \(events.map(\.eventType)), \(hints.map(\.customer)),
                                         \(hints.map(\.charge)))
                    ON CONFLICT (stripe_event_id) DO NOTHING
                    """, calling: "hints"))
    }

    /// Remembers subscriptions by name, those that events are about or whose invoices they are about.
    static func know(_ heard: [Heard<StripeEventReceived>], in work: UnitOfWork) async throws {
        var named: [SubscriptionID: (customer: CustomerID, message: String)] = [:]
        for one in heard {
            switch one.message.object {
            case .subscription(let facts): named[facts.id] = (facts.customerID, one.id)
            case .invoice(let facts):
                if let id = facts.subscriptionID, let customer = facts.customerID { named[id] = (customer, one.id) }
            default: break
            }
        }
        guard !named.isEmpty else { return }
        let known = try await work.query(
            "SELECT stripe_subscription_id AS id FROM known_subscriptions WHERE stripe_subscription_id = ANY(\(Array(named.keys)))")
        for row in known { named[try row.get("id")] = nil }
        guard !named.isEmpty else { return }
        let new = named.sorted { $0.key.rawValue < $1.key.rawValue }
        try await work.send(
            subscriptions.change(
                "subscription.heard", heard: new.map { ($0.key.rawValue, $0.value.message) }, isNew: true,
                by: """
                    INSERT INTO known_subscriptions (stripe_subscription_id, stripe_customer_id)
                    SELECT * FROM unnest(\(new.map(\.key)), \(new.map(\.value.customer)))
                    ON CONFLICT (stripe_subscription_id) DO NOTHING
                    """, calling: "known_subscriptions"))
    }

    /// Links a customer; whether anything was heard of them before.
    static func link(_ customer: CustomerID, to user: UserID, in work: UnitOfWork) async throws -> Bool {
        try await lock([customer], in: work)
        try await work.send(
            customers.change(
                "customer.linked", of: nil,
                by: """
                    INSERT INTO customers (stripe_customer_id, user_id) VALUES (\(customer), \(user))
                    ON CONFLICT (stripe_customer_id) DO NOTHING
                    """))
        return try await !work.query(
            """
            SELECT FROM hints WHERE stripe_customer_id = \(customer)
            UNION ALL SELECT FROM known_subscriptions WHERE stripe_customer_id = \(customer) LIMIT 1
            """
        ).isEmpty
    }

    /// Whoever keeps a hint sees the link of its customer, or whoever links the customer sees the hint.
    private static func lock(_ customers: [CustomerID], in work: UnitOfWork) async throws {
        try await work.lock(customers.map { "customer:" + $0.rawValue })
    }

    /// Whether anything was heard or read of a subscription.
    static func knows(_ subscription: SubscriptionID, in work: UnitOfWork) async throws -> Bool {
        let known: Query = "SELECT FROM known_subscriptions WHERE stripe_subscription_id = \(subscription)"
        return try await !work.query(known).isEmpty
    }

    /// Whose those of these customers are that are linked to anybody.
    static func users(of customers: [CustomerID], in work: UnitOfWork) async throws -> [CustomerID: UserID] {
        let rows = try await work.query("SELECT stripe_customer_id, user_id FROM customers WHERE stripe_customer_id = ANY(\(customers))")
        return try Dictionary(
            rows.map { (try $0.get("stripe_customer_id"), try $0.get("user_id")) }, uniquingKeysWith: { first, _ in first })
    }

    /// Remembers what the subscriptions that count were found to be, where that is news; a plan that was known stays known.
    static func remember(
        _ readings: [SubscriptionReading], unlike known: [SubscriptionID: KnownSubscription], in work: UnitOfWork
    ) async throws {
        for reading in readings where reading.counts && known[reading.subscription.id]?.agrees(with: reading) != true {
            let subscription = reading.subscription
            try await work.send(
                subscriptions.change(
                    "subscription.read", of: "stripe_subscription_id = \(subscription.id)",
                    by: """
                        INSERT INTO known_subscriptions AS known (stripe_subscription_id, stripe_customer_id, plan_id, price_ids, has_ended)
                        VALUES (\(subscription.id), \(subscription.customerID), \(reading.plan), \(subscription.prices), \(subscription.status.isEnded))
                        ON CONFLICT (stripe_subscription_id) DO UPDATE
                        SET plan_id = coalesce(excluded.plan_id, known.plan_id), price_ids = excluded.price_ids, has_ended = excluded.has_ended
                        WHERE (known.plan_id, known.price_ids, known.has_ended)
                              IS DISTINCT FROM (coalesce(excluded.plan_id, known.plan_id), excluded.price_ids, excluded.has_ended)
                        """, calling: "known"))
        }
    }

    /// The events behind the hints up to `newest`, without those about charges that could not be read.
    static func events(
        of user: UserID, upTo newest: Int64, unread charges: [ChargeID], in work: UnitOfWork
    ) async throws -> [EventID] {
        let events: Query = """
            SELECT stripe_event_id FROM hints JOIN customers USING (stripe_customer_id)
            WHERE user_id = \(user) AND seq <= \(newest) AND (stripe_charge_id IS NULL OR stripe_charge_id <> ALL(\(charges))) ORDER BY seq
            """
        return try await work.query(events).map { try $0.get("stripe_event_id") }
    }

    /// Removes what was heard of strangers 35 days ago: an account may serve other businesses too, and whoever is linked later is looked at anyway.
    static func forgetStrangers(in pool: PostgresPool) async throws {
        try await pool.removeOld("hints", by: "SELECT forget_strangers() AS removed")
    }

    /// Removes hints that are taken into account.
    static func forget(_ events: [EventID], in work: UnitOfWork) async throws {
        guard !events.isEmpty else { return }
        let taken: Query = "DELETE FROM hints WHERE stripe_event_id = ANY(\(events))"
        try await work.send(taken)
    }
}
