/// An invoice that does not exist: what something would cost.
package struct InvoicePreview: Sendable, Hashable {
    /// Minor units that would be charged; 0 where the credit is as much.
    package var amountDue: Int64
    /// Minor units of all its lines, negative where it gives credit.
    package var total: Int64
    /// Lower-case ISO code.
    package var currency: String

    package init(amountDue: Int64, total: Int64, currency: String) {
        self.amountDue = amountDue
        self.total = total
        self.currency = currency
    }
}

extension InvoicePreview: StripeResource {
    static let objectName = "invoice"

    init(stripe invoice: Fields) throws {
        self.init(
            amountDue: try invoice.required("amount_due", invoice.integer("amount_due")),
            total: try invoice.required("total", invoice.integer("total")),
            currency: try invoice.required("currency", invoice.text("currency")))
    }
}
