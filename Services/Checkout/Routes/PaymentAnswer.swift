import ServiceKit

/// A payment as customers see it: P in the API. Every member is there, null where there is nothing.
enum PaymentAnswer {
    /// Nothing that customers do not see: histories are what is asked for most.
    static let json = RowJSON([
        ("id", .text, nil), ("amount", .number, nil), ("currency", .text, nil), ("status", .text, nil), ("amount_refunded", .number, nil),
        ("payment_method", .text, nil), ("plan_id", .text, nil), ("plan_name", .text, nil), ("stripe_payment_intent_id", .text, nil),
        ("stripe_invoice_id", .text, nil), ("stripe_subscription_id", .text, "subscription_id"), ("created_at", .time, nil),
        ("paid_at", .time, nil), ("updated_at", .time, nil),
    ])
}
