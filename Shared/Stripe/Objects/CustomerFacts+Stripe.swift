import Models

extension CustomerFacts: StripeResource {
    static let objectName = "customer"

    init(stripe customer: Fields) throws {
        self.init(
            id: try customer.required("id", customer.id("id")),
            userID: try customer.metadata("user_id").map(UserID.init(rawValue:)),
            installation: try customer.metadata("installation"),
            deleted: try customer.flag("deleted") ?? false)
    }
}
