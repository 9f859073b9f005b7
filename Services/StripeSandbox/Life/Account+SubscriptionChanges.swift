extension Account {
    /// Does what a request asks of a subscription, and tells of it.
    mutating func update(subscription id: String, _ update: SubscriptionUpdate) {
        guard let subscription = subscriptions[id] else { return }
        let discounts = update.discounts.map { makeDiscounts($0, for: subscription) }
        let old = subscription.discounts.compactMap { self.discounts[$0] }
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            update.apply(to: &$0)
            if let discounts { $0.discounts = discounts.map(\.id) }
        }
        guard let discounts else { return }
        for discount in old { emit("customer.discount.deleted", discount) }
        for discount in discounts { emit("customer.discount.created", discount) }
    }
}
