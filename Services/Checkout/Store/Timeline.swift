import Foundation
import Models
import Postgres
import ServiceKit

/// A customer's account as sentences: charges, failed ones, subscriptions, and what the customer ordered.
enum Timeline {
    static func entries(of user: UserID, behind place: TimedPlace?, limit: Int, in pool: PostgresPool) async throws -> [TimelineEntry] {
        let entries: Query = """
            SELECT 'payment:' || id AS id, paid_at AS at, 'payment.succeeded' AS kind, amount, currency, plan_id, payment_method AS detail,
                   NULL::timestamptz AS due
            FROM payments WHERE user_id = \(user) AND status IN ('succeeded', 'refunded') AND paid_at IS NOT NULL AND amount > 0
            UNION ALL
            SELECT 'attempt:' || attempt_key, attempt.created_at,
                   CASE attempt.status WHEN 'failed' THEN 'payment.failed' ELSE 'payment.recovered' END, attempt.amount, currency,
                   plan_id, failure_code, CASE attempt.status WHEN 'failed' THEN next_attempt_at ELSE recovered_at END
            FROM payment_attempts AS attempt JOIN payments ON payments.id = attempt.payment_id WHERE attempt.user_id = \(user)
            UNION ALL
            SELECT 'started:' || stripe_subscription_id, stripe_created_at, 'subscription.started', NULL, NULL, NULL, NULL, trial_end
            FROM subscriptions WHERE user_id = \(user) AND plan_id IS NOT NULL AND status NOT IN ('incomplete', 'incomplete_expired')
            UNION ALL
            SELECT 'ended:' || stripe_subscription_id, ended_at, 'subscription.ended', NULL, NULL, plan_id, cancellation_reason, NULL
            FROM subscriptions
            WHERE user_id = \(user) AND plan_id IS NOT NULL AND ended_at IS NOT NULL AND status NOT IN ('incomplete', 'incomplete_expired')
            UNION ALL
            SELECT 'change:' || change.id, change.created_at, 'order.' || change.kind, NULL, NULL, change.plan_id,
                   coalesce(change.refusal, change.status), subscription.cancel_at
            FROM subscription_changes AS change LEFT JOIN subscriptions AS subscription USING (stripe_subscription_id)
            WHERE change.user_id = \(user)
            """
        return try await pool.query(TimelineEntry.page(of: entries, behind: place, limit: limit)).map(entry)
    }

    private static func entry(_ row: Row) throws -> TimelineEntry {
        let kind: String = try row.get("kind")
        let plan = try row.get("plan_id", as: Plan?.self).map { "the \($0.name) plan" } ?? "the subscription"
        let money = try row.get("amount", as: Int64?.self).map { Money($0, try row.get("currency")) }
        let sum = money.map(\.description) ?? ""
        let detail: String? = try row.get("detail")
        let due = try row.get("due", as: Date?.self).map { String(WireJSON.time($0).prefix(10)) }
        return TimelineEntry(
            id: try row.get("id"), at: try row.get("told_at"), kind: kind,
            text: text(kind, plan: plan, sum: sum, detail: detail, due: due))
    }

    private static func text(_ kind: String, plan: String, sum: String, detail: String?, due: String?) -> String {
        let order = kind.split(separator: ".").dropFirst().first.map(String.init)
        switch kind {
        case "payment.succeeded": return "You were charged \(sum) for \(plan)\(detail.map { " (\($0.replacing("_", with: " ")))" } ?? "")."
        case "payment.failed":
            let next = due.map { "It is tried again on \($0)." } ?? "It is not tried again by itself."
            return "A charge of \(sum) for \(plan) failed\(detail.map { " (\($0))" } ?? ""). \(next)"
        case "payment.recovered":
            return
                "A charge of \(sum) for \(plan) failed\(detail.map { " (\($0))" } ?? ""), and was made good\(due.map { " on \($0)" } ?? "")."
        case "subscription.started": return "Your subscription began\(due.map { ", with a trial until \($0)" } ?? "")."
        case "subscription.ended": return "Your subscription to \(plan) ended\(Self.ends[detail ?? ""] ?? "")."
        default:
            let wish = Self.orders[order ?? ""]?(plan) ?? "changed your subscription"
            switch detail {
            case "done": return "You \(wish)."
            case "asking": return "You \(wish); Stripe has not confirmed it yet."
            case "card_declined": return "You \(wish); the bank declined the payment, and nothing was changed."
            default: return "You \(wish); Stripe did not allow it, and nothing was changed."
            }
        }
    }

    /// Stripe's API reference, "The Subscription object", `cancellation_details.reason`.
    private static let ends = [
        "payment_failed": ": it was not paid", "payment_disputed": ": a charge was disputed",
        "cancellation_requested": ", as was asked for",
    ]
    private static let orders: [String: @Sendable (String) -> String] = [
        "cancel_at_period_end": { _ in "cancelled the subscription for the end of what is paid" },
        "cancel_now": { _ in "ended the subscription" }, "reactivate": { _ in "took the cancellation back" },
        "clear_cancel_at": { _ in "took the cancellation back" }, "resume": { _ in "took the subscription up again" },
        "change_plan": { plan in "changed to \(plan)" },
    ]
}
