import Messages
import Messaging
import Models
import Postgres

/// The tables `hints`, `customers` and `known_subscriptions`.
enum Hints {
    private static let hints = AuditedTable(
        "hints", key: "stripe_event_id", of: "event", user: "NULL::text", hiding: ["stripe_event_id", "seq"])
    private static let subscriptions = AuditedTable(
        "known_subscriptions", key: "stripe_subscription_id", of: "subscription", user: "NULL::text")
    private static let customers = AuditedTable("customers", key: "stripe_customer_id", of: "customer")

    /// Keeps an event until a decision has taken it into account; `charge` is the one that was given back, or taken back, where it tells of that.
    static func keep(_ event: StripeEventReceived, customer: CustomerID, charge: ChargeID?, in work: UnitOfWork) async throws {
        try await work.query(
            hints.change(
                "hint.kept", of: "false",
                by: """
                    INSERT INTO hints (stripe_event_id, event_type, stripe_customer_id, stripe_charge_id)
                    VALUES (\(event.stripeEventID), \(event.eventType), \(customer), \(charge)) ON CONFLICT (stripe_event_id) DO NOTHING
                    """))
    }

    /// Remembers a subscription by name.
    static func know(_ subscription: SubscriptionID, of customer: CustomerID, in work: UnitOfWork) async throws {
        try await work.query(
            subscriptions.change(
                "subscription.heard", of: "false",
                by: """
                    INSERT INTO known_subscriptions (stripe_subscription_id, stripe_customer_id) VALUES (\(subscription), \(customer))
                    ON CONFLICT (stripe_subscription_id) DO NOTHING
                    """))
    }

    static func link(_ customer: CustomerID, to user: UserID, in work: UnitOfWork) async throws {
        try await work.query(
            customers.change(
                "customer.linked", of: "false",
                by: """
                    INSERT INTO customers (stripe_customer_id, user_id) VALUES (\(customer), \(user))
                    ON CONFLICT (stripe_customer_id) DO NOTHING
                    """))
    }

    /// Whether anything was heard or read of a subscription.
    static func knows(_ subscription: SubscriptionID, in work: UnitOfWork) async throws -> Bool {
        let known: Query = "SELECT FROM known_subscriptions WHERE stripe_subscription_id = \(subscription)"
        return try await !work.query(known).isEmpty
    }

    static func user(of customer: CustomerID, in work: UnitOfWork) async throws -> UserID? {
        let user: Query = "SELECT user_id FROM customers WHERE stripe_customer_id = \(customer)"
        return try await work.query(user).first?.get("user_id")
    }

    /// Remembers what the subscriptions that count were found to be, where that is news; a plan that was known stays known.
    static func remember(
        _ readings: [SubscriptionReading], unlike known: [SubscriptionID: KnownSubscription], in work: UnitOfWork
    ) async throws {
        for reading in readings where reading.counts && known[reading.subscription.id]?.agrees(with: reading) != true {
            let subscription = reading.subscription
            try await work.query(
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
        try await work.query(taken)
    }
}
