/// Which of Stripe's prices is which plan, from the settings alone.
///
/// A Stripe account may sell other things too: whatever has none of these prices, and was not opened by us for a plan, is none of ours.
package struct PlanCatalogue: Sendable, Hashable {
    private let sold: [Plan: PriceID]
    private let plans: [PriceID: Plan]

    /// A price that was given to two plans.
    package struct SharedPrice: Error, Sendable, Hashable {
        /// The price.
        package var price: PriceID

        package init(price: PriceID) { self.price = price }
    }

    /// A catalogue that sells nothing and knows nothing.
    package static let empty = PlanCatalogue()

    private init() {
        sold = [:]
        plans = [:]
    }

    /// Of each plan the first price is sold; the others, which it was sold at before, are known. Throws when two plans share a price.
    package init(_ prices: [Plan: [PriceID]]) throws(SharedPrice) {
        var plans: [PriceID: Plan] = [:]
        for (plan, prices) in prices {
            for price in Set(prices) where plans.updateValue(plan, forKey: price) != nil { throw SharedPrice(price: price) }
        }
        self.plans = plans
        sold = prices.compactMapValues(\.first)
    }

    /// The price that a plan is sold at; nil for a plan that has none.
    package func price(of plan: Plan) -> PriceID? { sold[plan] }

    /// Every price that is known, sold or not.
    package var prices: [PriceID] { plans.keys.sorted { $0.rawValue < $1.rawValue } }

    /// The plan behind the first of `prices` that is known; nil where none is.
    package func plan(of prices: [PriceID]) -> Plan? {
        prices.lazy.compactMap { plans[$0] }.first
    }

    /// The plan of a subscription: that of a price of its items, wherever it stands; where none is known, the one it was opened for.
    package func plan(of subscription: SubscriptionFacts) -> Plan? {
        plan(of: subscription.prices) ?? subscription.openedFor
    }

    /// The plan that an invoice bills, in the same way.
    package func plan(of invoice: InvoiceFacts) -> Plan? {
        plan(of: invoice.prices) ?? invoice.openedFor
    }
}
