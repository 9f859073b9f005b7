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
        try await work.send(
            trail.change(
                "subscription.ended", of: "stripe_subscription_id = \(subscription)",
                by: "UPDATE subscription_ends SET ended_at = now() WHERE stripe_subscription_id = \(subscription) AND ended_at IS NULL"))
    }

    /// Why a subscription ends that was paid for beside another.
    static let duplicated = "duplicated"

    /// Keeps that one is to end because it was paid for beside `kept`.
    static func request(_ subscription: SubscriptionID, of user: UserID, beside kept: SubscriptionID, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "subscription.end_requested", of: "stripe_subscription_id = \(subscription)",
                by: """
                    INSERT INTO subscription_ends (stripe_subscription_id, user_id, why, kept_subscription_id)
                    VALUES (\(subscription), \(user), \(duplicated), \(kept))
                    ON CONFLICT (stripe_subscription_id) DO NOTHING
                    """))
    }

    /// A subscription that is to end because it was paid for beside another.
    struct Duplicate: Sendable {
        var subscription: SubscriptionID
        var kept: SubscriptionID
    }

    /// Those of a user that Stripe has not been asked to end, or has not answered.
    static func openDuplicates(of user: UserID, in pool: PostgresPool) async throws -> [Duplicate] {
        try await pool.query(
            """
            SELECT stripe_subscription_id, kept_subscription_id FROM subscription_ends
            WHERE user_id = \(user) AND ended_at IS NULL AND kept_subscription_id IS NOT NULL
            """
        ).map { Duplicate(subscription: try $0.get("stripe_subscription_id"), kept: try $0.get("kept_subscription_id")) }
    }

    /// Users of whom such a subscription is open.
    static func usersWithOpenDuplicates(limit: Int, in pool: PostgresPool) async throws -> [UserID] {
        try await pool.query(
            "SELECT DISTINCT user_id FROM subscription_ends WHERE ended_at IS NULL AND kept_subscription_id IS NOT NULL LIMIT \(limit)"
        ).map { try $0.get("user_id") }
    }
}
