import Messages
import Messaging
import Postgres

/// The table `subscriptions`: analytics' projection of checkout's.
enum Subscriptions {
    private static let trail = AuditedTable("subscriptions", key: "stripe_subscription_id", of: "subscription", hiding: ["version"])

    /// Keeps the newest version; an older or equal one changes nothing.
    static func record(_ told: SubscriptionChanged, in work: UnitOfWork) async throws {
        try await work.query(
            trail.change(
                "subscription.heard", of: "stripe_subscription_id = \(told.subscriptionID)",
                by: """
                    INSERT INTO subscriptions AS known (
                        stripe_subscription_id, version, user_id, plan_id, status, amount, currency, interval, interval_count, quantity, discount,
                        current_period_start, current_period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at,
                        cancellation_reason, trial_end, stripe_created_at, changed_at)
                    VALUES (\(told.subscriptionID), \(told.version), \(told.userID), \(told.planID), \(told.status), \(told.amount),
                            \(told.currency), \(told.interval), \(told.intervalCount), \(told.quantity),
                            \(try told.discount.map { try JSON(encoding: $0) }), \(told.currentPeriodStart), \(told.currentPeriodEnd),
                            \(told.cancelAtPeriodEnd), \(told.cancelAt), \(told.canceledAt), \(told.endedAt), \(told.cancellationReason),
                            \(told.trialEnd), \(told.createdAt), \(told.changedAt))
                    ON CONFLICT (stripe_subscription_id) DO UPDATE
                    SET version = excluded.version, user_id = excluded.user_id, plan_id = excluded.plan_id, status = excluded.status,
                        amount = excluded.amount, currency = excluded.currency, interval = excluded.interval,
                        interval_count = excluded.interval_count, quantity = excluded.quantity, discount = excluded.discount,
                        current_period_start = excluded.current_period_start, current_period_end = excluded.current_period_end,
                        cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at,
                        canceled_at = excluded.canceled_at, ended_at = excluded.ended_at,
                        cancellation_reason = excluded.cancellation_reason, trial_end = excluded.trial_end,
                        stripe_created_at = excluded.stripe_created_at, changed_at = excluded.changed_at, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known"))
    }
}
