import Messages
import Messaging
import Models
import Postgres

/// The table `duplicated_subscriptions`.
enum Duplicates {
    private static let trail = AuditedTable("duplicated_subscriptions", key: "stripe_subscription_id", of: "subscription")

    static func keep(_ duplicate: SubscriptionDuplicated, in work: UnitOfWork) async throws {
        try await work.query(
            trail.change(
                "subscription.duplicated", of: "stripe_subscription_id = \(duplicate.canceledSubscriptionID)",
                by: """
                    INSERT INTO duplicated_subscriptions (stripe_subscription_id, user_id, kept_subscription_id)
                    VALUES (\(duplicate.canceledSubscriptionID), \(duplicate.userID), \(duplicate.keptSubscriptionID))
                    ON CONFLICT (stripe_subscription_id) DO NOTHING
                    """))
    }

    /// Keeps others from learning at the same time that a subscription is one of these, or was paid for.
    static func lock(_ subscription: SubscriptionID, in work: UnitOfWork) async throws {
        try await work.query("SELECT pg_advisory_xact_lock(hashtextextended(\("duplicate:" + subscription.rawValue), 0))")
    }

    static func has(_ subscription: SubscriptionID, in work: UnitOfWork) async throws -> Bool {
        try await !work.query("SELECT FROM duplicated_subscriptions WHERE stripe_subscription_id = \(subscription)").isEmpty
    }
}
