import Messages
import Messaging
import Postgres

/// The table `subscription_states`: every state of a subscription that checkout has told, each once. The view `subscriptions` has the newest of
/// each.
enum Subscriptions {
    private static let trail = AuditedTable(
        "subscription_states", key: "stripe_subscription_id, version", of: "subscription", hiding: ["version", "mrr"])

    /// Keeps states that are new.
    static func record(_ messages: [Heard<SubscriptionChanged>], in work: UnitOfWork) async throws {
        let heard = messages.newest(by: \.state, \.version)
        let states = heard.map(\.message)
        try await work.send(
            trail.change(
                "subscription.heard", heard: heard.map { ($0.message.state, $0.id) }, isNew: true,
                by: """
                    INSERT INTO subscription_states AS known (
                        stripe_subscription_id, version, user_id, plan_id, status, amount, currency, interval, interval_count, quantity, discount,
                        current_period_start, current_period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at,
                        cancellation_reason, trial_end, stripe_created_at, changed_at)
                    SELECT id, version, user_id, plan_id, status, amount, currency, unit, units, quantity, discount::jsonb, period_start, period_end,
                           is_ending, cancel_at, canceled_at, ended_at, reason, trial_end, created_at, changed_at
                    FROM unnest(
                        \(states.map(\.subscriptionID)), \(states.map(\.version)), \(states.map(\.userID)), \(states.map(\.planID)),
                        \(states.map(\.status)), \(states.map(\.amount)), \(states.map(\.currency)), \(states.map(\.interval)),
                        \(states.map(\.intervalCount)), \(states.map(\.quantity)), \(try states.map(discount)),
                        \(states.map(\.currentPeriodStart)), \(states.map(\.currentPeriodEnd)), \(states.map(\.cancelAtPeriodEnd)),
                        \(states.map(\.cancelAt)), \(states.map(\.canceledAt)), \(states.map(\.endedAt)), \(states.map(\.cancellationReason)),
                        \(states.map(\.trialEnd)), \(states.map(\.createdAt)), \(states.map(\.changedAt)))
                        AS told (id, version, user_id, plan_id, status, amount, currency, unit, units, quantity, discount, period_start, period_end,
                                 is_ending, cancel_at, canceled_at, ended_at, reason, trial_end, created_at, changed_at)
                    ON CONFLICT (stripe_subscription_id, version) DO NOTHING
                    """, calling: "known"))
    }

    private static func discount(of told: SubscriptionChanged) throws -> String? {
        try told.discount.map { String(decoding: try JSON(encoding: $0).bytes, as: UTF8.self) }
    }
}

extension SubscriptionChanged {
    /// What tells this state from all others.
    fileprivate var state: String { "\(subscriptionID) \(version)" }
}
