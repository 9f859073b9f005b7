import Foundation
import Messaging
import Models
import Postgres
import ServiceKit

/// What a change of plan costs, as the customer was told.
struct PlanPreview: Sendable {
    /// Minor units that are charged at once.
    var amountNow: Int64
    /// Minor units that the next period costs, after what credit the change leaves.
    var amountNext: Int64
    var currency: String
    /// From when the new price counts, whole seconds.
    var prorationDate: Date
}

/// The table `plan_previews`.
enum PlanPreviews {
    private static let trail = AuditedTable(
        "plan_previews", key: "stripe_subscription_id", of: "plan_preview", ignoring: ["made_at"])

    /// For so long a change costs what was shown of it.
    private static let life: Duration = .seconds(1800)

    static func keep(
        _ preview: PlanPreview, of subscription: SubscriptionFacts, price: PriceID, user: UserID, in pool: PostgresPool
    ) async throws {
        try await pool.query(
            trail.change(
                "plan.previewed", of: "stripe_subscription_id = \(subscription.id) AND price_id = \(price)",
                by: """
                    INSERT INTO plan_previews AS known (stripe_subscription_id, price_id, user_id, proration_date, items, amount_now, amount_next,
                                                        currency)
                    VALUES (\(subscription.id), \(price), \(user), \(preview.prorationDate), \(try JSON(encoding: subscription.items ?? [])),
                            \(preview.amountNow), \(preview.amountNext), \(preview.currency))
                    ON CONFLICT (stripe_subscription_id, price_id) DO UPDATE
                    SET proration_date = excluded.proration_date, items = excluded.items, amount_now = excluded.amount_now, amount_next = excluded.amount_next,
                        currency = excluded.currency, made_at = now()
                    """, calling: "known"))
    }

    /// From when a change counts that was shown to the customer a while ago, in the same period and of the same items; nil where none was.
    static func prorationDate(of subscription: SubscriptionFacts, price: PriceID, in work: UnitOfWork) async throws -> Date? {
        try await work.query(
            """
            SELECT proration_date FROM plan_previews
            WHERE stripe_subscription_id = \(subscription.id) AND price_id = \(price) AND items = \(try JSON(encoding: subscription.items ?? []))
              AND made_at > now() - make_interval(secs => \(life / .seconds(1))) AND proration_date >= \(subscription.currentPeriodStart ?? .distantPast)
            """
        ).first?.get("proration_date")
    }
}
