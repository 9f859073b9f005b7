import Foundation
import Models

/// A payment as customers see it: P in the API.
struct PaymentAnswer: Encodable, Sendable {
    private let row: PaymentRow

    init(_ row: PaymentRow) { self.row = row }

    private enum CodingKeys: CodingKey {
        case id, amount, currency, status, amountRefunded, paymentMethod, planID, planName, stripePaymentIntentID, stripeInvoiceID
        case subscriptionID, createdAt, paidAt, updatedAt
    }

    /// Writes every field, null where there is nothing.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(row.id, forKey: .id)
        try container.encode(row.amount, forKey: .amount)
        try container.encode(row.currency, forKey: .currency)
        try container.encode(row.status, forKey: .status)
        try container.encode(row.amountRefunded, forKey: .amountRefunded)
        try container.encode(row.method, forKey: .paymentMethod)
        try container.encode(row.plan, forKey: .planID)
        try container.encode(row.plan?.name, forKey: .planName)
        try container.encode(row.paymentIntentID, forKey: .stripePaymentIntentID)
        try container.encode(row.invoiceID, forKey: .stripeInvoiceID)
        try container.encode(row.subscriptionID, forKey: .subscriptionID)
        try container.encode(row.createdAt, forKey: .createdAt)
        try container.encode(row.paidAt, forKey: .paidAt)
        try container.encode(row.updatedAt, forKey: .updatedAt)
    }
}
