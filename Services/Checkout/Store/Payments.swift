import Foundation
import Messaging
import Models
import Postgres

/// The tables `payments`, `invoice_payments` and `intents_without_invoice`.
enum Payments {
    /// Keeps others from learning anything of this intent until the transaction ends. Who also locks its invoice does that afterwards.
    static func lock(_ intent: PaymentIntentID, in work: UnitOfWork) async throws {
        try await work.query("SELECT pg_advisory_xact_lock(hashtextextended(\(intent), 0))")
    }

    /// Keeps others from changing the rows that collect this invoice until the transaction ends.
    static func lock(_ invoice: InvoiceID, in work: UnitOfWork) async throws {
        try await work.query("SELECT pg_advisory_xact_lock(hashtextextended(\(invoice), 0))")
    }

    /// Remembers that `intent`, which the caller has locked, collects `invoice`. The first word stays: Stripe never moves an intent to
    /// another invoice.
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

    /// The intents that are known to collect `invoice`.
    static func intents(of invoice: InvoiceID, in work: UnitOfWork) async throws -> [PaymentIntentID] {
        try await work.query("SELECT stripe_payment_intent_id FROM invoice_payments WHERE stripe_invoice_id = \(invoice)").map {
            try $0.get("stripe_payment_intent_id")
        }
    }

    /// Whether Stripe need not be asked which invoice `intent` collects: it is known, or there is none. A session in payment mode that
    /// has no invoice leads to an intent without one.
    static func isSettled(_ intent: PaymentIntentID, in pool: PostgresPool) async throws -> Bool {
        try await !pool.query(
            """
            SELECT 1 FROM invoice_payments WHERE stripe_payment_intent_id = \(intent)
            UNION ALL SELECT 1 FROM intents_without_invoice WHERE stripe_payment_intent_id = \(intent)
            UNION ALL SELECT 1 FROM checkout_sessions
                      WHERE stripe_payment_intent_id = \(intent) AND mode = 'payment' AND stripe_invoice_id IS NULL
            """
        ).isEmpty
    }

    /// Remembers that Stripe knows no invoice that `intent` collects. Should there be one after all, a join outweighs this.
    static func noteWithoutInvoice(_ intent: PaymentIntentID, in pool: PostgresPool) async throws {
        try await pool.query(
            "INSERT INTO intents_without_invoice (stripe_payment_intent_id) VALUES (\(intent)) ON CONFLICT DO NOTHING")
    }

    /// The rows of these intents and this invoice, oldest first, locked.
    static func find(_ intents: [PaymentIntentID], _ invoice: InvoiceID?, in work: UnitOfWork) async throws -> [PaymentRow] {
        try await work.query(
            """
            SELECT \(query: PaymentRow.columns) FROM payments
            WHERE stripe_payment_intent_id = ANY(\(intents)) OR stripe_invoice_id = \(invoice) ORDER BY seq FOR UPDATE
            """
        ).map(PaymentRow.init(row:))
    }

    static func insert(_ row: PaymentRow, in work: UnitOfWork) async throws -> PaymentRow {
        let inserted = try await work.query(
            """
            INSERT INTO payments (user_id, stripe_payment_intent_id, stripe_invoice_id, stripe_checkout_session_id,
                                  stripe_subscription_id, stripe_customer_id, amount, currency, status, payment_method, plan_id,
                                  plan_name, by_invoice, created_at)
            VALUES (\(row.userID), \(row.paymentIntentID), \(row.invoiceID), \(row.sessionID), \(row.subscriptionID),
                    \(row.customerID), \(row.amount), \(row.currency), \(row.status), \(row.method), \(row.plan),
                    \(row.plan?.name), \(row.byInvoice), \(row.createdAt))
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
                by_invoice = \(row.byInvoice), created_at = \(row.createdAt), version = version + 1, updated_at = now()
            WHERE id = \(row.id)
            RETURNING \(query: PaymentRow.columns)
            """)
        return try PaymentRow(row: updated[updated.startIndex])
    }

    /// Removes a row that was merged into `survivor`, with its attempts moved there.
    static func dissolve(_ row: PaymentRow, into survivor: PaymentID, in work: UnitOfWork) async throws {
        try await PaymentAttempts.move(from: row.id, to: survivor, in: work)
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

    /// The payment that a session led to, if it belongs to `user`; of several, the one that was made.
    static func ofSession(_ session: CheckoutSessionID, user: UserID, in pool: PostgresPool) async throws -> PaymentRow? {
        try await pool.query(
            """
            SELECT \(query: PaymentRow.columns) FROM payments
            WHERE stripe_checkout_session_id = \(session) AND user_id = \(user)
            ORDER BY status IN ('succeeded', 'refunded') DESC, seq LIMIT 1
            """
        ).first.map(PaymentRow.init(row:))
    }
}

/// Where a page of the history ended.
struct HistoryCursor: Sendable {
    var createdAt: Date
    var id: PaymentID
}
