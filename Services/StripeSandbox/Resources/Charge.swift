/// One attempt to take money from a card or a bank account.
struct Charge: Sendable, Codable {
    let id: String
    let created: Int
    let amount: Int
    let currency: String
    let customer: String?
    let paymentIntent: String
    var invoice: String?
    let description: String?
    let paymentMethod: String
    let instrument: Instrument
    let billing: BillingDetails
    /// Nil unless it failed.
    var failure: Decline?
    /// A bank has yet to decide about a debit.
    var isPending = false
    var metadata: [String: String] = [:]
    var amountRefunded = 0
    /// Known a moment after the charge, with `charge.updated`.
    var balanceTransaction: String?
    /// The only dispute there can be.
    var dispute: String?
    let receiptToken: String
    /// What its receipt is about: `payment` or `invoices`.
    let receiptKind: String

    var succeeded: Bool { failure == nil && !isPending }
    var refunded: Bool { succeeded && amountRefunded == amount }
    var refundCourse: RefundCourse { instrument.testCard?.refunds ?? .immediate }
}
