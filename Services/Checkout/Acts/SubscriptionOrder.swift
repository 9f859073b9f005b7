import Foundation
import Models
import Stripe

/// What a customer wants of their subscription.
enum SubscriptionWish: Sendable, Hashable {
    /// At the end of what is paid for, or now; in the customer's own words why.
    case cancel(atPeriodEnd: Bool, reason: String?)
    /// Takes back an end that is scheduled, or takes up what is paused.
    case reactivate
    case change(Plan)
}

extension SubscriptionWish {
    /// What Stripe is to be asked for, by the subscription as it is. Throws the rule that forbids it.
    ///
    /// `startingAt` is when a change of plan counts from.
    func order(
        _ subscription: SubscriptionRow, _ plans: PlanCatalogue, startingAt date: Date
    ) throws(CheckoutRefusal) -> SubscriptionChange.Order {
        guard !subscription.isGone else { throw .noSubscription }
        let facts = subscription.facts
        switch self {
        case .cancel(let atPeriodEnd, let reason):
            if facts.status.isEnded { throw .alreadyCanceled }
            // What is not paid for has no paid period to run down, and what ends it must end its collection.
            guard atPeriodEnd, facts.status.isPaid else { return .init(kind: .cancelNow, comment: reason) }
            if facts.isEndScheduled { throw .alreadyCanceled }
            return .init(kind: .cancelAtPeriodEnd, comment: reason)
        case .reactivate:
            if facts.isEndScheduled { return .init(kind: facts.cancelAtPeriodEnd ? .reactivate : .clearCancelAt) }
            guard facts.status == .paused else { throw .notScheduled }
            return .init(kind: .resume)
        case .change(let plan):
            if facts.status.isEnded { throw .noSubscription }
            guard facts.status.isPaid else { throw .unpaidSubscription }
            guard subscription.plan != plan else { throw .samePlan }
            guard let price = plans.price(of: plan) else { throw .unknownPlan }
            guard let item = facts.item(of: plans) else { throw .changeRefused }
            return .init(kind: .changePlan, plan: plan, change: ItemChange(item: item.id, price: price, prorationDate: date))
        }
    }
}

extension SubscriptionStatus {
    /// Whether nothing is owed for the period that runs.
    fileprivate var isPaid: Bool { self == .active || self == .trialing }
}

extension SubscriptionFacts {
    /// The item that is of a plan; where no price is known, the only one.
    fileprivate func item(of plans: PlanCatalogue) -> SubscriptionItem? {
        let items = items ?? []
        return items.first { $0.priceID.flatMap { plans.plan(of: [$0]) } != nil } ?? (items.count == 1 ? items[0] : nil)
    }
}
