/// Someone who pays.
struct Customer: Sendable, Codable {
    let id: String
    let created: Int
    var email: String?
    var name: String?
    var description: String?
    var phone: String?
    var metadata: [String: String] = [:]
    /// Set with the first invoice.
    var currency: String?
    /// Before each of this customer's invoice numbers.
    let invoicePrefix: String
    var nextInvoiceSequence = 1
    /// Minor units; below zero is credit for coming invoices.
    var balance = 0
    var defaultPaymentMethod: String?
    /// The newest invoice's last charge failed.
    var delinquent = false
    /// The test clock that it belongs to.
    var testClock: String?
    /// Only its id is shown any more.
    var deleted = false
}
