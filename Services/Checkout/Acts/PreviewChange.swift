import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Tells what a change of plan would cost, and keeps from when it counts: a change that follows costs just that.
struct PreviewChange: Sendable {
    let change: ChangeSubscription

    private var pool: PostgresPool { change.catchUp.outbox.pool }
    private var stripe: StripeClient { change.catchUp.stripe }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> PreviewChange { PreviewChange(change: change.until(deadline)) }

    /// Throws the rule that forbids the change.
    func callAsFunction(_ plan: Plan, of user: UserID) async throws -> PlanPreview {
        let refusals = StripeRefusals(alerts: change.alerts, call: "change-plan")
        return try await refusals.told {
            let id = try await change.current(of: user)
            let plans = change.catchUp.objects.plans
            guard let row = try await Subscriptions.toPlans(of: user, plans, in: pool).first(where: { $0.facts.id == id }) else {
                throw CheckoutRefusal.noSubscription
            }
            let now = Date(timeIntervalSince1970: stripe.time.timeIntervalSince1970.rounded(.down))
            guard let item = try SubscriptionWish.change(plan).order(row, plans, startingAt: now).change else { throw CheckoutRefusal.busy }
            do {
                let preview = try await ask(item, id, now)
                try await PlanPreviews.keep(preview, of: row.facts, price: item.price, user: user, in: pool)
                return preview
            } catch let error as StripeError where error.kind == .invalidRequest && error.status != 409 {
                throw CheckoutRefusal.changeRefused
            }
        }
    }

    private func ask(_ item: ItemChange, _ id: SubscriptionID, _ date: Date) async throws -> PlanPreview {
        let now = try await stripe.previewChange(item, of: id, .now).value
        let next = try await next(item, id)
        // What the change gives back beyond what it costs is taken off the next invoice.
        return PlanPreview(
            amountNow: now.amountDue, amountNext: max(0, next + min(0, now.total)), currency: now.currency, prorationDate: date)
    }

    /// 0 for a subscription whose end is scheduled: Stripe has no next invoice of it.
    private func next(_ item: ItemChange, _ id: SubscriptionID) async throws -> Int64 {
        do {
            return try await stripe.previewChange(item, of: id, .next).value.amountDue
        } catch let error as StripeError where error.code == "invoice_upcoming_none" {
            return 0
        }
    }
}
