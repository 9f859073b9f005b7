import Foundation
import Messaging
import Models
import Postgres

/// The tables `payments` and `invoice_payments`.
enum Payments {
    /// Keeps others from finding or making rows of these collections until the transaction ends. Locked in one order by everybody.
    static func lock(_ intent: PaymentIntentID?, _ invoice: InvoiceID?, in work: UnitOfWork) async throws {
        for key in [intent?.rawValue, invoice?.rawValue].compactMap({ $0 }).sorted() {
            try await work.query("SELECT pg_advisory_xact_lock(hashtextextended(\(key), 0))")
        }
    }

    /// Remembers that `intent` collects `invoice`. The first word stays: Stripe never moves an intent to another invoice.
    static func join(_ intent: PaymentIntentID, _ invoice: InvoiceID, in work: UnitOfWork) async throws {
        try await work.query(
            """
            INSERT INTO invoice_payments (stripe_payment_intent_id, stripe_invoice_id) VALUES (\(intent), \(invoice))
            ON CONFLICT (stripe_payment_intent_id) DO NOTHING
            """)
    }

    /// The invoice that `intent` collects, where that is known.
    static func invoice(of intent: PaymentIntentID, in work: UnitOfWork) async throws -> InvoiceID? {
        try await work.query("SELECT stripe_invoice_id FROM invoice_payments WHERE stripe_payment_intent_id = \(intent)").first?
            .get("stripe_invoice_id")
    }

    /// The one intent that collects `invoice`; nil when none or several are known.
    static func intent(of invoice: InvoiceID, in work: UnitOfWork) async throws -> PaymentIntentID? {
        let rows = try await work.query(
            "SELECT stripe_payment_intent_id FROM invoice_payments WHERE stripe_invoice_id = \(invoice) LIMIT 2")
        return rows.count == 1 ? try rows[rows.startIndex].get("stripe_payment_intent_id") : nil
    }

    /// The rows of this intent and this invoice, oldest first, locked.
    static func find(_ intent: PaymentIntentID?, _ invoice: InvoiceID?, in work: UnitOfWork) async throws -> [PaymentRow] {
        try await work.query(
            """
            SELECT \(query: PaymentRow.columns) FROM payments
            WHERE stripe_payment_intent_id = \(intent) OR stripe_invoice_id = \(invoice) ORDER BY seq FOR UPDATE
            """
        ).map(PaymentRow.init(row:))
    }

    static func insert(_ row: PaymentRow, in work: UnitOfWork) async throws -> PaymentRow {
        let inserted = try await work.query(
            """
            INSERT INTO payments (user_id, stripe_payment_intent_id, stripe_invoice_id, stripe_checkout_session_id,
                                  stripe_subscription_id, stripe_customer_id, amount, currency, status, payment_method, plan_id,
                                  plan_name, created_at)
            VALUES (\(row.userID), \(row.paymentIntentID), \(row.invoiceID), \(row.sessionID), \(row.subscriptionID),
                    \(row.customerID), \(row.amount), \(row.currency), \(row.status), \(row.method), \(row.plan),
                    \(row.plan?.name), \(row.createdAt))
            RETURNING \(query: PaymentRow.columns)
            """)
        return try PaymentRow(row: inserted[inserted.startIndex])
    }

    static func update(_ row: PaymentRow, in work: UnitOfWork) async throws -> PaymentRow {
        let updated = try await work.query(
            """
            UPDATE payments
            SET user_id = \(row.userID), stripe_payment_intent_id = \(row.paymentIntentID), stripe_invoice_id = \(row.invoiceID),
                stripe_checkout_session_id = \(row.sessionID), stripe_subscription_id = \(row.subscriptionID),
                stripe_customer_id = \(row.customerID), amount = \(row.amount), amount_refunded = \(row.amountRefunded),
                status = \(row.status), payment_method = \(row.method), plan_id = \(row.plan), plan_name = \(row.plan?.name),
                created_at = \(row.createdAt), version = version + 1, updated_at = now()
            WHERE id = \(row.id)
            RETURNING \(query: PaymentRow.columns)
            """)
        return try PaymentRow(row: updated[updated.startIndex])
    }

    /// Removes a row that was merged into `survivor`, with its attempts moved there.
    static func dissolve(_ row: PaymentRow, into survivor: PaymentID, in work: UnitOfWork) async throws {
        try await work.query("UPDATE payment_attempts SET payment_id = \(survivor) WHERE payment_id = \(row.id)")
        try await work.query("DELETE FROM payments WHERE id = \(row.id)")
    }

    /// The newest payments of a user, `limit + 1` of them at most, strictly after `cursor`.
    static func history(of user: UserID, after cursor: HistoryCursor?, limit: Int, in pool: PostgresPool) async throws -> [PaymentRow] {
        let after: Query = cursor.map { "AND (created_at, id) < (\($0.createdAt), \($0.id))" } ?? ""
        return try await pool.query(
            """
            SELECT \(query: PaymentRow.columns) FROM payments WHERE user_id = \(user) \(query: after)
            ORDER BY created_at DESC, id DESC LIMIT \(limit + 1)
            """
        ).map(PaymentRow.init(row:))
    }

    /// The payment that a session led to, if it belongs to `user`.
    static func ofSession(_ session: CheckoutSessionID, user: UserID, in pool: PostgresPool) async throws -> PaymentRow? {
        try await pool.query(
            """
            SELECT \(query: PaymentRow.columns) FROM payments
            WHERE stripe_checkout_session_id = \(session) AND user_id = \(user) ORDER BY seq LIMIT 1
            """
        ).first.map(PaymentRow.init(row:))
    }
}

/// Where a page of the history ended.
struct HistoryCursor: Sendable {
    var createdAt: Date
    var id: PaymentID
}
