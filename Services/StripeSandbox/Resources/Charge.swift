/// One attempt to take money from a card.
struct Charge: Sendable {
    let id: String
    let created: Int
    let amount: Int
    let currency: String
    let customer: String?
    let paymentIntent: String
    let invoice: String?
    let description: String?
    let paymentMethod: String
    let card: TestCard
    let billing: BillingDetails
    /// Nil when it succeeded.
    let failure: Decline?
    var metadata: [String: String] = [:]
    var amountRefunded = 0
    /// Known a moment after the charge, with `charge.updated`.
    var balanceTransaction: String?
    /// The only dispute there can be.
    var dispute: String?
    let receiptToken: String

    var succeeded: Bool { failure == nil }
    var refunded: Bool { succeeded && amountRefunded == amount }
    var refundCourse: RefundCourse { card.refunds }
}
