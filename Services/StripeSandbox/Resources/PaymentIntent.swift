/// One collection of money and all its attempts.
struct PaymentIntent: Sendable {
    enum Status: String, Sendable {
        case succeeded, canceled
        case requiresPaymentMethod = "requires_payment_method"
    }

    /// The last attempt's failure.
    struct Failure: Sendable {
        let decline: Decline
        let charge: String
        let paymentMethod: String
    }

    let id: String
    let created: Int
    let amount: Int
    let currency: String
    let customer: String?
    let invoice: String?
    let description: String?
    let clientSecret: String
    var metadata: [String: String] = [:]
    var status = Status.requiresPaymentMethod
    var paymentMethod: String?
    var latestCharge: String?
    var lastFailure: Failure?
    var canceledAt: Int?
}
