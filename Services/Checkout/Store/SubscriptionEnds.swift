import Messages
import Messaging
import Models
import Postgres

/// The table `subscription_ends`.
enum SubscriptionEnds {
    private static let trail = AuditedTable("subscription_ends", key: "stripe_subscription_id", of: "subscription")

    /// Keeps that a subscription is to end; whether Stripe still has to be asked.
    static func request(_ end: SubscriptionEndRequested, in pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            trail.change(
                "subscription.end_requested", of: "stripe_subscription_id = \(end.subscriptionID)",
                by: """
                    INSERT INTO subscription_ends AS known (stripe_subscription_id, user_id, why, stripe_invoice_id)
                    VALUES (\(end.subscriptionID), \(end.userID), \(end.why), \(end.invoiceID))
                    ON CONFLICT (stripe_subscription_id) DO UPDATE SET why = known.why
                    """, calling: "known", returning: "changed.ended_at IS NULL AS open"))[0].get("open")
    }

    static func done(_ subscription: SubscriptionID, in work: UnitOfWork) async throws {
        try await work.query(
            trail.change(
                "subscription.ended", of: "stripe_subscription_id = \(subscription)",
                by: "UPDATE subscription_ends SET ended_at = now() WHERE stripe_subscription_id = \(subscription) AND ended_at IS NULL"))
    }
}
