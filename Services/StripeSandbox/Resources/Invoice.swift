/// A demand for one period's money.
struct Invoice: Sendable {
    enum Status: String, Sendable { case draft, open, paid, uncollectible, void }

    /// What one subscription item costs in the period.
    struct Line: Sendable {
        let id: String
        let amount: Int
        let description: String
        let price: String
        let quantity: Int
        let subscriptionItem: String
        let periodStart: Int
        let periodEnd: Int
    }

    let id: String
    let created: Int
    let customer: String
    let subscription: String
    /// As the subscription's was when the invoice was made.
    let subscriptionMetadata: [String: String]
    let billingReason: String
    let currency: String
    let lines: [Line]
    let periodStart: Int
    let periodEnd: Int
    let customerEmail: String?
    let customerName: String?
    var status: Status
    var number: String?
    var autoAdvance = true
    var attempted = false
    /// By the retry schedule: manual tries after the first do not count.
    var attemptCount = 0
    var nextPaymentAttempt: Int?
    var amountPaid = 0
    var finalizedAt: Int?
    var paidAt: Int?
    var voidedAt: Int?
    var webhooksDeliveredAt: Int?
    var paymentIntent: String?
    /// Joins it to the payment intent.
    var invoicePayment: String?

    /// Minor units.
    var total: Int { lines.reduce(0) { $0 + $1.amount } }
}
