/// What a request changes about one item of a subscription, or the item that it adds.
struct ItemChange: Sendable {
    /// Nil for one that is added.
    let item: String?
    let price: String?
    let quantity: Int?
    let isDeleted: Bool
    private let metadata: [String: String]
    /// Of the item that is added.
    private let newID = Identifier.subscriptionItem()

    /// The `items` of a request, checked.
    static func all(
        _ parameters: inout Parameters, of subscription: Subscription, in account: Account
    ) throws(APIError) -> [ItemChange] {
        var changes: [ItemChange] = []
        for var group in try parameters.groups("items") {
            let id = try group.text("id")
            if let id, !subscription.items.contains(where: { $0.id == id }) {
                throw .invalidRequest("No such subscription item: '\(id)'", code: "resource_missing", param: group.name("id"))
            }
            let priceName = group.has("plan") ? "plan" : "price"
            let price = try group.text(priceName)
            let quantity = try group.integer("quantity", in: 1...999_999)
            let isDeleted = try group.flag("deleted") ?? false
            let old = subscription.items.first { $0.id == id }?.metadata ?? [:]
            let metadata = try group.metadata().applied(to: old)
            group.ignore("clear_usage")
            try group.finish()
            if let price { try account.checkRecurring(price, currency: subscription.currency, param: group.name(priceName)) }
            if id == nil && (price == nil || isDeleted) { throw .missing(group.name(isDeleted ? "id" : "price")) }
            if id == nil && (subscription.items.map(\.price) + changes.compactMap(\.price)).contains(price) {
                throw .invalidRequest("A subscription can have a price only once: \(price ?? "")", param: group.name(priceName))
            }
            changes.append(ItemChange(item: id, price: price, quantity: quantity, isDeleted: isDeleted, metadata: metadata))
        }
        let left = subscription.items.count - changes.count { $0.isDeleted } + changes.count { $0.item == nil }
        if left < 1 { throw parameters.invalid("items", "A subscription must have at least one item.") }
        return changes
    }

    private init(item: String?, price: String?, quantity: Int?, isDeleted: Bool, metadata: [String: String]) {
        self.item = item
        self.price = price
        self.quantity = quantity
        self.isDeleted = isDeleted
        self.metadata = metadata
    }

    /// The item afterwards; nil when it is deleted.
    func applied(to old: Subscription.Item) -> Subscription.Item? {
        isDeleted ? nil : Subscription.Item(id: old.id, price: price ?? old.price, quantity: quantity ?? old.quantity, metadata: metadata)
    }

    /// The item that is added; nil where one is changed.
    var added: Subscription.Item? {
        guard item == nil, let price else { return nil }
        return Subscription.Item(id: newID, price: price, quantity: quantity ?? 1, metadata: metadata)
    }
}

extension Account {
    /// Throws `APIError` 400 where a price cannot be a subscription's.
    func checkRecurring(_ id: String, currency: String?, param: String) throws(APIError) {
        let price = try prices.named(id, param: param)
        guard price.isRecurring, currency == nil || price.currency == currency else {
            throw .invalidRequest("The price \(id) cannot be used with this subscription.", param: param)
        }
    }
}
