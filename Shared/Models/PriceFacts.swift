/// What is used of Stripe's price, free of API versions.
package struct PriceFacts: Sendable, Hashable {
    /// Stripe's id.
    package var id: PriceID
    /// Whether it can be bought: one that was archived cannot.
    package var isActive: Bool

    package init(id: PriceID, isActive: Bool) {
        self.id = id
        self.isActive = isActive
    }
}
