/// Money given back.
struct Refund: Sendable {
    let id: String
    let created: Int
    let amount: Int
    let currency: String
    let charge: String
    let paymentIntent: String
    let reason: String?
    let metadata: [String: String]
    let balanceTransaction: String
}
