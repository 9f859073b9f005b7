import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Does to a user's subscription what the user wants of it: cancels it, takes that back, resumes it, changes its plan.
///
/// The order is a row before Stripe is asked, one per subscription by a unique index. Whoever asks for the same at the same time sends that row
/// under its key and gets its answer; whoever wants something else has it finished first. What is refused is decided on what Stripe has just said.
struct ChangeSubscription: Sendable {
    let catchUp: CatchUp
    let send: SendChange
    let alerts: Alerts

    private var pool: PostgresPool { catchUp.outbox.pool }
    private var plans: PlanCatalogue { catchUp.objects.plans }

    /// Each round ends in an answer or in somebody else's order. More than this many mean that the user's own clicks keep undoing each other.
    private static let rounds = 8

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> ChangeSubscription {
        ChangeSubscription(catchUp: catchUp.until(deadline), send: send.until(deadline), alerts: alerts)
    }

    /// Returns where the customer has to confirm a payment, if that is what the change waits for; all else is done. Throws `CheckoutRefusal`.
    func callAsFunction(_ wish: SubscriptionWish, of user: UserID, call: String) async throws -> String? {
        let refusals = StripeRefusals(alerts: alerts, call: call)
        return try await refusals.told {
            for _ in 0..<Self.rounds {
                let subscription = try await current(of: user)
                switch try await begin(wish, of: subscription) {
                case .waiting(let url): return url
                case .mine(let change):
                    let url = try await send.andTell(change)
                    try await refusals.clear(change.order.change?.price)
                    return url
                case .others(let change): try await finish(change)
                }
            }
            throw CheckoutRefusal.busy
        }
    }

    /// What somebody else has ordered comes first; whether Stripe refuses it is not this caller's concern.
    private func finish(_ change: SubscriptionChange) async throws {
        do { _ = try await send.andTell(change) } catch CheckoutRefusal.cardDeclined, CheckoutRefusal.changeRefused {}
    }

    /// The subscription that is shown to the user, as Stripe says that it is.
    func current(of user: UserID) async throws -> SubscriptionID {
        guard let row = try await Subscriptions.toPlans(of: user, plans, in: pool).first, !row.isGone else {
            throw CheckoutRefusal.noSubscription
        }
        return try await catchUp.freshen(row.facts.id) ? row.facts.id : current(of: user)
    }

    private enum Begun {
        /// Under way for whoever asks for the same.
        case mine(SubscriptionChange)
        /// Under way, and something else.
        case others(SubscriptionChange)
        /// Done already but for the customer, who has to confirm a payment.
        case waiting(String)
    }

    private func begin(_ wish: SubscriptionWish, of id: SubscriptionID) async throws -> Begun {
        let now = Date(timeIntervalSince1970: catchUp.stripe.time.timeIntervalSince1970.rounded(.down))
        return try await catchUp.outbox.transaction { work in
            guard var row = try await Subscriptions.lock(id, in: work) else { throw CheckoutRefusal.noSubscription }
            row.plan = row.plan ?? plans.plan(of: row.facts)
            if let open = try await SubscriptionChanges.open(of: id, in: work) {
                let isSame = (try? wish.order(row, plans, startingAt: now)).map(open.order.serves) ?? false
                return isSame ? .mine(open) : .others(open)
            }
            var order = try wish.order(row, plans, startingAt: now)
            if let url = try await confirmation(of: order, row, in: work) { return .waiting(url) }
            if let price = order.change?.price {
                let shown = try await PlanPreviews.prorationDate(of: row.facts, price: price, in: work)
                order.change?.prorationDate = shown ?? now
            }
            return .mine(try await SubscriptionChanges.begin(order, of: id, user: row.userID, at: catchUp.stripe.time, in: work))
        }
    }

    /// Where the same change waits already for the customer.
    private func confirmation(
        of order: SubscriptionChange.Order, _ row: SubscriptionRow, in work: UnitOfWork
    ) async throws -> String? {
        guard order.kind == .changePlan, row.facts.pendingUpdateUntil != nil,
            let newest = try await SubscriptionChanges.newestOfPlan(of: row.facts.id, in: work), newest.order.serves(order)
        else { return nil }
        return newest.confirmationURL
    }
}
