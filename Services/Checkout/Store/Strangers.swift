import Messaging
import Models
import Postgres

/// The table `strangers`: customers that nobody here is, as far as Stripe could say when it was asked.
enum Strangers {
    /// Whether another installation made the customer, if Stripe was asked within the last hour; nil if it was not. Whoever is linked to one
    /// later is told by an object that names them.
    static func isForeign(_ customer: CustomerID, in pool: PostgresPool) async throws -> Bool? {
        try await pool.query(
            "SELECT is_foreign FROM strangers WHERE stripe_customer_id = \(customer) AND asked_at > now() - interval '1 hour'"
        ).first?.get("is_foreign")
    }

    static func remember(_ customer: CustomerID, isForeign: Bool, in pool: PostgresPool) async throws {
        try await pool.query(
            """
            INSERT INTO strangers (stripe_customer_id, is_foreign) VALUES (\(customer), \(isForeign))
            ON CONFLICT (stripe_customer_id) DO UPDATE SET is_foreign = excluded.is_foreign, asked_at = now()
            """)
    }

    /// Forgets whom it is time to ask about again, and the events of those who were never linked: after 35 days Stripe itself does not list
    /// them any more.
    static func forget(in pool: PostgresPool) async throws {
        try await pool.removeOld("strangers", by: "SELECT forget_strangers() AS removed")
    }
}
