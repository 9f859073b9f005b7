/// Joins an invoice to the payment intent that pays it.
struct InvoicePayment: Sendable, Codable {
    let id: String
    let created: Int
    let invoice: String
    let paymentIntent: String
    let amountRequested: Int
    let currency: String
    var paidAt: Int?
    var canceledAt: Int?

    var status: String { paidAt != nil ? "paid" : canceledAt != nil ? "canceled" : "open" }
}
