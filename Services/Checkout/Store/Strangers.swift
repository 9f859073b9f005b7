import Models
import Postgres

/// The table `strangers`: customers that nobody here is, as far as Stripe could say when it was asked.
enum Strangers {
    /// Whether Stripe was asked within the last hour: whoever is linked to it later is told by an object that names them.
    static func contains(_ customer: CustomerID, in pool: PostgresPool) async throws -> Bool {
        try await !pool.query(
            "SELECT FROM strangers WHERE stripe_customer_id = \(customer) AND asked_at > now() - interval '1 hour'"
        ).isEmpty
    }

    static func remember(_ customer: CustomerID, in pool: PostgresPool) async throws {
        try await pool.query(
            """
            INSERT INTO strangers (stripe_customer_id) VALUES (\(customer))
            ON CONFLICT (stripe_customer_id) DO UPDATE SET asked_at = now()
            """)
    }

    /// Forgets whom it is time to ask about again, and the events of those who were never linked: after 35 days Stripe itself does not list
    /// them any more.
    static func forget(in pool: PostgresPool) async throws {
        try await pool.query("DELETE FROM strangers WHERE asked_at < now() - interval '1 day'")
        try await pool.query("DELETE FROM unclaimed_events WHERE created_at < now() - interval '35 days'")
    }
}
