import Models

extension PriceFacts: StripeResource {
    static let objectName = "price"

    init(stripe price: Fields) throws {
        self.init(id: try price.required("id", price.id("id")), isActive: try price.flag("active") ?? true)
    }
}
