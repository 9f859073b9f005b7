/// A card, usually saved to a customer.
struct PaymentMethod: Sendable {
    let id: String
    let created: Int
    var customer: String?
    let card: TestCard
    var billing: BillingDetails
    var metadata: [String: String] = [:]
}

/// Who the card belongs to, as entered on a hosted page.
struct BillingDetails: Sendable, Equatable {
    var email: String?
    var name: String?
    var country: String? = "US"
    var postalCode: String?
}
