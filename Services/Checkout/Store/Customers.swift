import Foundation
import Messages
import Messaging
import Models
import Postgres

/// The table `customers`: which user a Stripe customer is.
enum Customers {
    private static let trail = AuditedTable(
        "customers", key: "id", of: "customer", named: "coalesce(changed.stripe_customer_id, changed.id::text)")

    static func user(of customer: CustomerID, in database: some Querying) async throws -> UserID? {
        try await database.query("SELECT user_id FROM customers WHERE stripe_customer_id = \(customer)").first?.get("user_id")
    }

    /// What is locked to link this customer, or to set an event of it aside.
    static func name(of customer: CustomerID) -> String { "customer:" + customer.rawValue }

    /// Links `customer` to `user` if it is linked to nobody, tells the others, and brings its unclaimed events back to life. Returns
    /// the user that it belongs to, which is another than `user` when it had been linked before.
    static func link(_ customer: CustomerID, to user: UserID, in work: UnitOfWork) async throws -> UserID {
        try await work.lock([name(of: customer)])
        if let known = try await Self.user(of: customer, in: work) { return known }
        let adopted = try await work.query(
            trail.change(
                "customer.linked", of: "user_id = \(user) AND stripe_customer_id IS NULL",
                by: """
                    UPDATE customers SET stripe_customer_id = \(customer)
                    WHERE user_id = \(user) AND stripe_customer_id IS NULL
                      AND NOT EXISTS (SELECT 1 FROM customers WHERE stripe_customer_id = \(customer))
                    """))
        if adopted.affectedRows == 0 {
            try await work.send(
                trail.change(
                    "customer.linked", of: nil,
                    by: "INSERT INTO customers (user_id, stripe_customer_id) VALUES (\(user), \(customer))"))
        }
        try await work.send("DELETE FROM strangers WHERE stripe_customer_id = \(customer)")
        try work.publish(CustomerLinked(userID: user, stripeCustomerID: customer), id: "customer.linked:\(customer)")
        try await UnclaimedEvents.revive(waitingFor: customer.rawValue, in: work)
        return user
    }

    /// Stripe has deleted the customer: it stays linked for what is told of it later, and the user's next session makes a new one, under
    /// a new key.
    ///
    /// Or Stripe was asked and knows it no more: deleted while nobody listened, wiped with all test data, or of another account.
    static func markDeleted(_ customer: CustomerID, in database: some Querying) async throws {
        try await database.query(
            trail.change(
                "customer.deleted", of: "stripe_customer_id = \(customer)",
                by: """
                    UPDATE customers SET deleted_at = now(), idempotency_key = NULL
                    WHERE stripe_customer_id = \(customer) AND deleted_at IS NULL
                    """))
    }

    /// The user's customer that sessions are opened for: the first that was linked and is still there.
    static func first(of user: UserID, in pool: PostgresPool) async throws -> CustomerID? {
        try await pool.query(
            """
            SELECT stripe_customer_id FROM customers
            WHERE user_id = \(user) AND stripe_customer_id IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT 1
            """
        ).first?.get("stripe_customer_id")
    }

    /// The key under which this user's customer is made at Stripe, the same for everybody who asks at once; `time` is Stripe's.
    static func creation(for user: UserID, at time: Date, in pool: PostgresPool) async throws -> CustomerCreation {
        // One statement, so that nothing can take the key away between making and reading it; the update changes nothing, and returns the
        // row that was there.
        let rows = try await pool.query(
            trail.change(
                "customer.begun", of: "user_id = \(user) AND idempotency_key IS NOT NULL",
                by: """
                    INSERT INTO customers (user_id, idempotency_key, key_made_at) VALUES (\(user), 'customer-' || gen_random_uuid(), \(time))
                    ON CONFLICT (user_id) WHERE idempotency_key IS NOT NULL DO UPDATE SET user_id = excluded.user_id
                    """))
        return CustomerCreation(key: try rows[0].get("idempotency_key"), keyMadeAt: try rows[0].get("key_made_at"))
    }

    /// Takes another key, at `time` by Stripe's clock, in place of one that is of no more use; the first who asks makes it for all.
    static func replaceKey(of creation: CustomerCreation, at time: Date, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "customer.begun_anew", of: "idempotency_key = \(creation.key)",
                by: """
                    UPDATE customers SET idempotency_key = 'customer-' || gen_random_uuid(), key_made_at = \(time)
                    WHERE idempotency_key = \(creation.key) AND stripe_customer_id IS NULL
                    """))
    }
}

/// A customer that is being made at Stripe.
struct CustomerCreation: Sendable, Hashable {
    var key: String
    var keyMadeAt: Date
}
