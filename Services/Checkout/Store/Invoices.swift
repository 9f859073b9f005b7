import Foundation
import Messaging
import Models
import Postgres
import ServiceKit
import StripeSync

/// What is known of an invoice, as far as payments need it.
struct InvoiceRow: Sendable, Hashable {
    var id: InvoiceID
    var subscriptionID: SubscriptionID?
    var customerID: CustomerID?
    var plan: Plan?
    var metadata: [String: String]
}

/// The table `invoices`.
enum Invoices: SnapshotTable {
    static let table = "invoices"
    static let key = "stripe_invoice_id"
    private static let trail = AuditedTable(
        table, key: key, of: "invoice", user: "NULL::text", hiding: ["metadata", "hosted_invoice_url"],
        ignoring: ["source_time", "read_ticket"])

    static func id(of invoice: InvoiceFacts) -> String { invoice.id.rawValue }

    /// Where it can be paid is another address each time that it is read, so having none is all that differs. Who collects it and whose it is are
    /// no part of the snapshot: an invoice names them in some versions only. How and for which time it is collected is kept by enforcement.
    static func says(_ row: Row, _ invoice: InvoiceFacts) throws -> Bool {
        let lacksPage = try invoice.status == "open" && row.get("hosted_invoice_url", as: String?.self) == nil
        guard let currency = try row.get("currency", as: String?.self), let created = try row.get("stripe_created_at", as: Date?.self)
        else { return false }
        let known = InvoiceFacts(
            id: try row.get(key), customerID: try row.get("stripe_customer_id"), subscriptionID: try row.get("stripe_subscription_id"),
            userID: invoice.userID, status: try row.get("status"), billingReason: try row.get("billing_reason"),
            collectionMethod: invoice.collectionMethod, dueDate: invoice.dueDate, serviceEnd: invoice.serviceEnd, currency: currency,
            amountDue: try row.get("amount_due"), amountPaid: try row.get("amount_paid"), attemptCount: try row.get("attempt_count"),
            nextPaymentAttempt: try row.get("next_payment_attempt"), hostedURL: lacksPage ? nil : invoice.hostedURL,
            paymentIntentID: invoice.paymentIntentID,
            chargeID: invoice.chargeID, priceID: try row.get("price_id"), otherPriceIDs: try row.get("other_price_ids"),
            paidOutOfBand: try row.get("paid_out_of_band"), paidAt: try row.get("paid_at"), metadata: invoice.metadata, created: created)
        return try known == invoice && row.metadata() == invoice.metadata ?? [:]
    }

    /// Stores an invoice as Stripe says it is. A plan that is known stays when the price says nothing.
    static func store(_ facts: InvoiceFacts, plan: Plan?, from source: SnapshotSource, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "invoice.changed", of: "stripe_invoice_id = \(facts.id)",
                by: """
                    INSERT INTO invoices AS known (
                        stripe_invoice_id, stripe_subscription_id, stripe_customer_id, price_id, other_price_ids, plan_id, status, billing_reason,
                        currency, amount_due, amount_paid, attempt_count, next_payment_attempt, paid_out_of_band, paid_at, metadata, stripe_created_at,
                        hosted_invoice_url, source_time, read_ticket)
                    VALUES (\(facts.id), \(facts.subscriptionID), \(facts.customerID), \(facts.priceID), \(facts.otherPriceIDs), \(plan),
                            \(facts.status), \(facts.billingReason), \(facts.currency), \(facts.amountDue), \(facts.amountPaid), \(facts.attemptCount),
                            \(facts.nextPaymentAttempt), \(facts.paidOutOfBand), \(facts.paidAt),
                            \(try JSON(metadata: facts.metadata ?? [:])), \(facts.created), \(facts.hostedURL), \(source.time), \(source.ticket))
                    ON CONFLICT (stripe_invoice_id) DO UPDATE
                    SET stripe_subscription_id = excluded.stripe_subscription_id, stripe_customer_id = excluded.stripe_customer_id,
                        price_id = excluded.price_id, other_price_ids = excluded.other_price_ids,
                        plan_id = coalesce(excluded.plan_id, known.plan_id), status = excluded.status,
                        billing_reason = excluded.billing_reason, currency = excluded.currency, amount_due = excluded.amount_due,
                        amount_paid = excluded.amount_paid, attempt_count = excluded.attempt_count,
                        next_payment_attempt = excluded.next_payment_attempt, paid_out_of_band = excluded.paid_out_of_band,
                        paid_at = excluded.paid_at, metadata = excluded.metadata, stripe_created_at = excluded.stripe_created_at,
                        hosted_invoice_url = excluded.hosted_invoice_url,
                        source_time = excluded.source_time, read_ticket = excluded.read_ticket, updated_at = now()
                    """, calling: "known"))
    }

    /// What keeps the subscription of a row from being paid: its newest invoice that is open and was tried in vain; where it `waits` for its money,
    /// the newest that is open. One that was voided or written off is wanted no more.
    static func unpaid(of subscription: Query, waits: Query) -> Query {
        """
        SELECT * FROM invoices WHERE stripe_subscription_id = \(query: subscription) AND status = 'open' AND (attempt_count > 0 OR \(query: waits))
        ORDER BY stripe_created_at DESC NULLS LAST, stripe_invoice_id DESC LIMIT 1
        """
    }

    static func read(_ row: Row) throws -> InvoiceRow {
        InvoiceRow(
            id: try row.get("stripe_invoice_id"), subscriptionID: try row.get("stripe_subscription_id"),
            customerID: try row.get("stripe_customer_id"), plan: try row.get("plan_id"), metadata: try row.metadata())
    }
}
