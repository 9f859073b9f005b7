import Foundation
import Models
import Postgres

/// A payment as customers see it: P in the API.
struct PaymentAnswer: Encodable, Sendable {
    let id: PaymentID
    let amount: Int64
    let currency: String
    let status: PaymentStatus
    let amountRefunded: Int64
    let paymentMethod: String?
    let planID: Plan?
    let stripePaymentIntentID: PaymentIntentID?
    let stripeInvoiceID: InvoiceID?
    let subscriptionID: SubscriptionID?
    let createdAt: Date
    let paidAt: Date?
    let updatedAt: Date

    /// The columns that `init(columns:)` reads, and nothing that customers do not see: histories are what is asked for most.
    static let columns: Query = """
        id, amount, currency, status, amount_refunded, payment_method, plan_id, stripe_payment_intent_id, stripe_invoice_id,
        stripe_subscription_id, created_at, paid_at, updated_at
        """

    init(columns row: Row) throws {
        id = try row.get("id")
        amount = try row.get("amount")
        currency = try row.get("currency")
        status = try row.get("status")
        amountRefunded = try row.get("amount_refunded")
        paymentMethod = try row.get("payment_method")
        planID = try row.get("plan_id")
        stripePaymentIntentID = try row.get("stripe_payment_intent_id")
        stripeInvoiceID = try row.get("stripe_invoice_id")
        subscriptionID = try row.get("stripe_subscription_id")
        createdAt = try row.get("created_at")
        paidAt = try row.get("paid_at")
        updatedAt = try row.get("updated_at")
    }

    private enum CodingKeys: CodingKey {
        case id, amount, currency, status, amountRefunded, paymentMethod, planID, planName, stripePaymentIntentID, stripeInvoiceID
        case subscriptionID, createdAt, paidAt, updatedAt
    }

    /// Writes every field, null where there is nothing.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(amount, forKey: .amount)
        try container.encode(currency, forKey: .currency)
        try container.encode(status, forKey: .status)
        try container.encode(amountRefunded, forKey: .amountRefunded)
        try container.encode(paymentMethod, forKey: .paymentMethod)
        try container.encode(planID, forKey: .planID)
        try container.encode(planID?.name, forKey: .planName)
        try container.encode(stripePaymentIntentID, forKey: .stripePaymentIntentID)
        try container.encode(stripeInvoiceID, forKey: .stripeInvoiceID)
        try container.encode(subscriptionID, forKey: .subscriptionID)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(paidAt, forKey: .paidAt)
        try container.encode(updatedAt, forKey: .updatedAt)
    }
}
