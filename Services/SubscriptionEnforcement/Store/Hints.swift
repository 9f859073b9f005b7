import Messages
import Messaging
import Models
import Postgres

/// The tables `hints`, `customers` and `known_subscriptions`.
enum Hints {
    /// Keeps an event until a decision has taken it into account.
    static func keep(_ event: StripeEventReceived, customer: CustomerID, in work: UnitOfWork) async throws {
        try await work.query(
            """
            INSERT INTO hints (stripe_event_id, event_type, stripe_customer_id)
            VALUES (\(event.stripeEventID), \(event.eventType), \(customer)) ON CONFLICT (stripe_event_id) DO NOTHING
            """)
    }

    /// Remembers a subscription by name.
    static func know(_ subscription: SubscriptionID, of customer: CustomerID, in work: UnitOfWork) async throws {
        try await work.query(
            """
            INSERT INTO known_subscriptions (stripe_subscription_id, stripe_customer_id) VALUES (\(subscription), \(customer))
            ON CONFLICT (stripe_subscription_id) DO NOTHING
            """)
    }

    static func link(_ customer: CustomerID, to user: UserID, in work: UnitOfWork) async throws {
        try await work.query(
            """
            INSERT INTO customers (stripe_customer_id, user_id) VALUES (\(customer), \(user))
            ON CONFLICT (stripe_customer_id) DO NOTHING
            """)
    }

    static func user(of customer: CustomerID, in work: UnitOfWork) async throws -> UserID? {
        try await work.query("SELECT user_id FROM customers WHERE stripe_customer_id = \(customer)").first?.get("user_id")
    }

    /// All that a look at a user begins with.
    struct Occasion: Sendable {
        var customers: [CustomerID]
        var known: Set<SubscriptionID>
        /// The newest hint that the look will have taken into account; 0 when there is none.
        var newest: Int64
    }

    static func occasion(of user: UserID, in pool: PostgresPool) async throws -> Occasion {
        let rows = try await pool.query(
            """
            SELECT customers.stripe_customer_id, known.stripe_subscription_id,
                   (SELECT coalesce(max(seq), 0) FROM hints JOIN customers USING (stripe_customer_id) WHERE user_id = \(user)) AS newest
            FROM customers LEFT JOIN known_subscriptions AS known USING (stripe_customer_id)
            WHERE user_id = \(user) ORDER BY 1, 2
            """)
        let customers = try Set(rows.map { try $0.get("stripe_customer_id", as: CustomerID.self) })
        let known = try rows.compactMap { try $0.get("stripe_subscription_id", as: SubscriptionID?.self) }
        return Occasion(
            customers: customers.sorted { $0.rawValue < $1.rawValue }, known: Set(known), newest: try rows.first?.get("newest") ?? 0)
    }

    /// The events behind the hints up to `newest`.
    static func events(of user: UserID, upTo newest: Int64, in work: UnitOfWork) async throws -> [EventID] {
        try await work.query(
            """
            SELECT stripe_event_id FROM hints JOIN customers USING (stripe_customer_id)
            WHERE user_id = \(user) AND seq <= \(newest) ORDER BY seq
            """
        ).map { try $0.get("stripe_event_id") }
    }

    /// Removes hints that are taken into account.
    static func forget(_ events: [EventID], in work: UnitOfWork) async throws {
        try await work.query("DELETE FROM hints WHERE stripe_event_id = ANY(\(events))")
    }
}
