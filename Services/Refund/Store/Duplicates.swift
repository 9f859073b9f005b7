import Messages
import Messaging
import Models
import Postgres

/// The table `duplicated_subscriptions`.
enum Duplicates {
    private static let trail = AuditedTable("duplicated_subscriptions", key: "stripe_subscription_id", of: "subscription")

    static func keep(_ duplicate: SubscriptionDuplicated, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "subscription.duplicated", of: "stripe_subscription_id = \(duplicate.canceledSubscriptionID)",
                by: """
                    INSERT INTO duplicated_subscriptions (stripe_subscription_id, user_id, kept_subscription_id)
                    VALUES (\(duplicate.canceledSubscriptionID), \(duplicate.userID), \(duplicate.keptSubscriptionID))
                    ON CONFLICT (stripe_subscription_id) DO NOTHING
                    """))
    }

    /// Keeps others from learning at the same time that subscriptions are some of these, or were paid for.
    static func lock(_ subscriptions: [SubscriptionID], in work: UnitOfWork) async throws {
        try await work.lock(subscriptions.map { "duplicate:" + $0.rawValue })
    }

    /// Those of these subscriptions that are duplicates.
    static func among(_ subscriptions: [SubscriptionID], in work: UnitOfWork) async throws -> [SubscriptionID] {
        guard !subscriptions.isEmpty else { return [] }
        return try await work.query(
            """
            SELECT stripe_subscription_id FROM duplicated_subscriptions WHERE stripe_subscription_id = ANY(\(subscriptions))
            ORDER BY stripe_subscription_id
            """
        ).map { try $0.get("stripe_subscription_id") }
    }
}
