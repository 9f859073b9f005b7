import Foundation
import Messaging
import Models
import Postgres

/// What is known of an invoice.
struct InvoiceRow: Sendable, Hashable {
    var id: InvoiceID
    var subscriptionID: SubscriptionID?
    var customerID: CustomerID?
    var plan: Plan?
    var attemptCount: Int
    var nextPaymentAttempt: Date?
    var paid: Bool
}

/// The table `invoices`.
enum Invoices {
    /// Adds what `facts` say. Of two words on the next attempt, the one with the higher attempt count holds.
    static func record(_ facts: InvoiceFacts, plan: Plan?, in work: UnitOfWork) async throws -> InvoiceRow {
        let rows = try await work.query(
            """
            INSERT INTO invoices AS known (stripe_invoice_id, stripe_subscription_id, stripe_customer_id, price_id, plan_id,
                                           attempt_count, next_payment_attempt, paid)
            VALUES (\(facts.id), \(facts.subscriptionID), \(facts.customerID), \(facts.priceID), \(plan), \(facts.attemptCount),
                    \(facts.nextPaymentAttempt), \(facts.isPaid))
            ON CONFLICT (stripe_invoice_id) DO UPDATE
            SET stripe_subscription_id = coalesce(known.stripe_subscription_id, excluded.stripe_subscription_id),
                stripe_customer_id = coalesce(known.stripe_customer_id, excluded.stripe_customer_id),
                price_id = coalesce(known.price_id, excluded.price_id),
                plan_id = coalesce(known.plan_id, excluded.plan_id),
                next_payment_attempt = CASE WHEN excluded.attempt_count >= known.attempt_count THEN excluded.next_payment_attempt
                                            ELSE known.next_payment_attempt END,
                attempt_count = greatest(known.attempt_count, excluded.attempt_count),
                paid = known.paid OR excluded.paid,
                updated_at = now()
            RETURNING *
            """)
        return try read(rows[rows.startIndex])
    }

    static func find(_ id: InvoiceID, in work: UnitOfWork) async throws -> InvoiceRow? {
        try await work.query("SELECT * FROM invoices WHERE stripe_invoice_id = \(id)").first.map(read)
    }

    static func find(_ id: InvoiceID, in pool: PostgresPool) async throws -> InvoiceRow? {
        try await pool.query("SELECT * FROM invoices WHERE stripe_invoice_id = \(id)").first.map(read)
    }

    private static func read(_ row: Row) throws -> InvoiceRow {
        InvoiceRow(
            id: try row.get("stripe_invoice_id"), subscriptionID: try row.get("stripe_subscription_id"),
            customerID: try row.get("stripe_customer_id"), plan: try row.get("plan_id"), attemptCount: try row.get("attempt_count"),
            nextPaymentAttempt: try row.get("next_payment_attempt"), paid: try row.get("paid"))
    }
}
