/// What a request changes about one item of a subscription.
struct ItemChange: Sendable {
    let item: String
    let price: String?
    let quantity: Int?

    /// The `items` of a request, checked.
    static func all(
        _ parameters: inout Parameters, of subscription: Subscription, in account: Account
    ) throws(APIError) -> [ItemChange] {
        var changes: [ItemChange] = []
        for var group in try parameters.groups("items") {
            let id = try group.required("id")
            guard subscription.items.contains(where: { $0.id == id }) else {
                throw .invalidRequest("No such subscription item: '\(id)'", code: "resource_missing", param: group.name("id"))
            }
            let priceID = try group.text("price")
            let quantity = try group.integer("quantity", in: 1...999_999)
            group.ignore("metadata")
            try group.finish()
            if let priceID {
                let price = try account.prices.find(priceID, param: group.name("price"))
                guard price.isRecurring && price.currency == subscription.currency else {
                    throw .invalidRequest("The price \(priceID) cannot be used with this subscription.", param: group.name("price"))
                }
            }
            changes.append(ItemChange(item: id, price: priceID, quantity: quantity))
        }
        return changes
    }

    /// The item afterwards.
    func applied(to old: Subscription.Item) -> Subscription.Item {
        Subscription.Item(id: old.id, price: price ?? old.price, quantity: quantity ?? old.quantity)
    }
}
