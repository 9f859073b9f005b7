import Foundation
import Messaging
import Models
import Postgres
import ServiceKit

/// The tables `payments`, `invoice_payments` and `invoice_charges`.
enum Payments {
    private static let trail = AuditedTable(
        "payments", key: "id", of: "payment", hiding: ["seq", "metadata", "version", "refunds_version", "word_at", "method_at"])
    private static let intents = AuditedTable(
        "invoice_payments", key: "stripe_payment_intent_id", of: "payment_intent", user: "NULL::text")
    private static let charges = AuditedTable("invoice_charges", key: "stripe_charge_id", of: "charge", user: "NULL::text")

    /// Keeps others from learning anything of this intent, or changing the rows that collect this invoice, until the transaction ends. Who
    /// locks both locks the intent first.
    static func lock(_ name: String, in work: UnitOfWork) async throws {
        try await work.lock([name])
    }

    /// Remembers that `intent`, which the caller has locked, collects `invoice`. The first word stays: Stripe never moves an intent to
    /// another invoice.
    static func join(_ intent: PaymentIntentID, _ invoice: InvoiceID, in work: UnitOfWork) async throws {
        try await work.send(
            intents.change(
                "payment_intent.joined", of: nil,
                by: """
                    INSERT INTO invoice_payments (stripe_payment_intent_id, stripe_invoice_id) VALUES (\(intent), \(invoice))
                    ON CONFLICT (stripe_payment_intent_id) DO NOTHING
                    """))
    }

    /// The invoice that `intent` collects, where that is known.
    static func invoice(of intent: PaymentIntentID, in work: UnitOfWork) async throws -> InvoiceID? {
        try await work.query("SELECT stripe_invoice_id FROM invoice_payments WHERE stripe_payment_intent_id = \(intent)").first?
            .get("stripe_invoice_id")
    }

    /// Remembers that `charge`, which has no intent and is locked by the caller, collects `invoice`.
    static func join(_ charge: ChargeID, _ invoice: InvoiceID, in work: UnitOfWork) async throws {
        try await work.send(
            charges.change(
                "charge.joined", of: nil,
                by: """
                    INSERT INTO invoice_charges (stripe_charge_id, stripe_invoice_id) VALUES (\(charge), \(invoice))
                    ON CONFLICT (stripe_charge_id) DO NOTHING
                    """))
    }

    /// The invoice that `charge`, which has no intent, collects, where that is known.
    static func invoice(of charge: ChargeID, in work: UnitOfWork) async throws -> InvoiceID? {
        try await work.query("SELECT stripe_invoice_id FROM invoice_charges WHERE stripe_charge_id = \(charge)").first?
            .get("stripe_invoice_id")
    }

    /// The charge without an intent that collects `invoice`, where that is known.
    static func charge(of invoice: InvoiceID, in work: UnitOfWork) async throws -> ChargeID? {
        try await work.query(
            "SELECT stripe_charge_id FROM invoice_charges WHERE stripe_invoice_id = \(invoice) ORDER BY stripe_charge_id LIMIT 1"
        ).first?.get("stripe_charge_id")
    }

    /// Whether it is known who collects `invoice`: anybody, or somebody who has collected.
    static func isJoined(_ invoice: InvoiceID, toPaid: Bool, in pool: PostgresPool) async throws -> Bool {
        try await !pool.query(
            """
            SELECT FROM invoice_payments AS joined
            WHERE stripe_invoice_id = \(invoice)
              AND (NOT \(toPaid) OR EXISTS (
                  SELECT FROM payments WHERE payments.stripe_payment_intent_id = joined.stripe_payment_intent_id
                                         AND status IN ('succeeded', 'refunded') AND NOT by_invoice))
            UNION ALL SELECT FROM invoice_charges WHERE stripe_invoice_id = \(invoice)
            """
        ).isEmpty
    }

    /// Whether `intent` may be what a paid invoice of this customer lacks.
    static func isAwaited(_ intent: PaymentIntentID, of customer: CustomerID, in pool: PostgresPool) async throws -> Bool {
        try await !pool.query(
            """
            SELECT FROM payments WHERE stripe_customer_id = \(customer) AND by_invoice
              AND NOT EXISTS (SELECT FROM invoice_payments WHERE stripe_payment_intent_id = \(intent)) LIMIT 1
            """
        ).isEmpty
    }

    /// A payment, locked until the transaction ends; nil where it is gone.
    static func lock(_ id: PaymentID, in work: UnitOfWork) async throws -> PaymentRow? {
        try await work.query("SELECT \(query: PaymentRow.columns) FROM payments WHERE id = \(id) FOR UPDATE").first.map(
            PaymentRow.init(row:))
    }

    /// Intents that have not said all they could though there was time: how a payment was made, or what became of it. In another order each time,
    /// so that one of which nothing more can be known keeps no other back.
    static func untold(limit: Int, in pool: PostgresPool) async throws -> [PaymentIntentID] {
        try await pool.query(
            """
            SELECT stripe_payment_intent_id FROM payments
            WHERE stripe_payment_intent_id IS NOT NULL AND created_at > now() - interval '35 days'
              AND ((status = 'pending' AND updated_at < now() - interval '1 hour')
                   OR (payment_method IS NULL AND status IN ('succeeded', 'refunded') AND updated_at < now() - interval '10 seconds'))
            ORDER BY hashtextextended(stripe_payment_intent_id, (extract(epoch FROM now()) * 1000)::bigint) LIMIT \(limit)
            """
        ).map { try $0.get("stripe_payment_intent_id") }
    }

    /// A payment that runs no VM, and why.
    struct Orphan: Sendable {
        var payment: PaymentID
        var why: String
    }

    /// What was paid for a plan within the last 35 days, of which nothing is given back, for a subscription that had ended by then, or by somebody
    /// whose VM was off by then and still is after `grace`.
    static func orphans(at now: Date, grace: Duration, in pool: PostgresPool) async throws -> [Orphan] {
        try await pool.query(
            """
            SELECT payment.id, subscription.ended_at IS NOT NULL AND subscription.ended_at < payment.paid_at AS is_late
            FROM payments AS payment
            JOIN subscriptions AS subscription ON subscription.stripe_subscription_id = payment.stripe_subscription_id
            LEFT JOIN access ON access.user_id = payment.user_id
            WHERE payment.status = 'succeeded' AND payment.plan_id IS NOT NULL AND payment.amount_refunded = 0
              AND payment.paid_at > \(now) - interval '35 days'
              AND ((subscription.ended_at < payment.paid_at AND (access.wanted IS DISTINCT FROM 'on' OR access.since < payment.paid_at))
                   OR (payment.paid_at < \(now) - make_interval(secs => \(grace / .seconds(1)))
                       AND (access.user_id IS NULL OR (access.wanted = 'off' AND access.since < payment.paid_at))
                       AND (subscription.ended_at IS NULL OR subscription.ended_at < payment.paid_at)))
            LIMIT 1000
            """
        ).map { row in
            let isLate: Bool = try row.get("is_late")
            return Orphan(
                payment: try row.get("id"),
                why: isLate
                    ? "It was paid for a subscription that had ended. It is to be given back, or its customer to be set up anew."
                    : "It was paid, and its customer's VM has been off since before.")
        }
    }

    /// The newest payment of a subscription that was collected; nil where none is known.
    static func newestPaid(of subscription: SubscriptionID, in work: UnitOfWork) async throws -> PaymentID? {
        try await work.query(
            """
            SELECT id FROM payments WHERE stripe_subscription_id = \(subscription) AND status IN ('succeeded', 'refunded')
            ORDER BY paid_at DESC NULLS LAST, seq DESC LIMIT 1
            """
        ).first?.get("id")
    }

    static func insert(_ row: PaymentRow, in work: UnitOfWork) async throws -> PaymentRow {
        let inserted = try await work.query(
            trail.change(
                "payment.recorded", of: nil,
                by: """
                    INSERT INTO payments (user_id, stripe_payment_intent_id, stripe_charge_id, stripe_invoice_id, stripe_checkout_session_id,
                                          stripe_subscription_id, stripe_customer_id, amount, currency, status, payment_method, metadata,
                                          plan_id, plan_name, by_invoice, word_at, method_at, created_at, paid_at)
                    VALUES (\(row.userID), \(row.paymentIntentID), \(row.chargeID), \(row.invoiceID), \(row.sessionID),
                            \(row.subscriptionID), \(row.customerID), \(row.amount), \(row.currency), \(row.status), \(row.method),
                            \(try JSON(metadata: row.metadata)), \(row.plan), \(row.plan?.name), \(row.byInvoice), \(row.wordAt), \(row.methodAt),
                            \(row.createdAt), \(row.paidAt))
                    """, returning: PaymentRow.columns))
        return try PaymentRow(row: inserted[inserted.startIndex])
    }

    static func update(_ row: PaymentRow, in work: UnitOfWork) async throws -> PaymentRow {
        let updated = try await work.query(
            trail.change(
                "payment.changed", of: "id = \(row.id)",
                by: """
                    UPDATE payments
                    SET user_id = \(row.userID), stripe_payment_intent_id = \(row.paymentIntentID), stripe_charge_id = \(row.chargeID),
                        stripe_invoice_id = \(row.invoiceID), stripe_checkout_session_id = \(row.sessionID),
                        stripe_subscription_id = \(row.subscriptionID), stripe_customer_id = \(row.customerID), amount = \(row.amount),
                        amount_refunded = \(row.amountRefunded), refunds_version = \(row.refundsVersion), currency = \(row.currency), status = \(row.status),
                        payment_method = \(row.method), metadata = \(try JSON(metadata: row.metadata)), plan_id = \(row.plan),
                        plan_name = \(row.plan?.name), by_invoice = \(row.byInvoice), word_at = \(row.wordAt), method_at = \(row.methodAt),
                        created_at = \(row.createdAt), paid_at = \(row.paidAt), version = version + 1, updated_at = now()
                    WHERE id = \(row.id)
                    """, returning: PaymentRow.columns))
        return try PaymentRow(row: updated[updated.startIndex])
    }

    /// Notes when a payment was last spoken of, by which older words are told that come later. Nobody else needs to know.
    static func note(_ row: PaymentRow, in work: UnitOfWork) async throws {
        try await work.send(
            "UPDATE payments SET word_at = \(row.wordAt), method_at = \(row.methodAt), updated_at = now() WHERE id = \(row.id)")
    }

    /// Removes a row that was merged into `survivor`, with its attempts moved there.
    static func dissolve(_ row: PaymentRow, into survivor: PaymentID, in work: UnitOfWork) async throws {
        try await PaymentAttempts.move(from: row.id, to: survivor, in: work)
        try await work.send(trail.removal("payment.merged", by: "DELETE FROM payments WHERE id = \(row.id)"))
    }

    /// A part of a user's history that is asked for.
    struct Asked: Sendable {
        var user: UserID
        /// Nil for the newest.
        var place: TimedPlace?
        var limit = PageRequest.usualLimit
    }

    /// The newest payments of each of these users, strictly behind the place that is asked for: pages, as JSON.
    static func histories(_ asked: [Asked], in database: some Querying) async throws -> [[UInt8]] {
        let rows = try await database.query(
            """
            SELECT payment.*, asked.number
            FROM unnest(\(asked.map(\.user)), \(asked.map { $0.place?.at }), \(asked.map { $0.place?.id }), \(asked.map { Int64($0.limit + 1) }))
                 WITH ORDINALITY AS asked (user_id, at, id, most, number)
            CROSS JOIN LATERAL (
                SELECT \(query: PaymentAnswer.json.columns) FROM payments
                WHERE user_id = asked.user_id AND (created_at, id) < (coalesce(asked.at, 'infinity'), coalesce(asked.id, ''))
                ORDER BY created_at DESC, id DESC LIMIT asked.most) AS payment
            ORDER BY asked.number, payment.created_at DESC, payment.id DESC
            """)
        var rest = rows[...]
        return try asked.enumerated().map { index, one in
            let number = Int64(index + 1)
            let end = try rest.firstIndex { try $0.get("number", as: Int64.self) != number } ?? rest.endIndex
            defer { rest = rest[end...] }
            let page = try Page(
                Array(rest[..<end]), limit: one.limit,
                cursor: { TimedPlace(at: try $0.get("created_at"), id: try $0.get("id")).cursor }, item: PaymentAnswer.json.callAsFunction)
            return try WireJSON.encodeUnsorted(page)
        }
    }

    /// The payment that a session led to, as it is shown, if it belongs to `user`; of several, the one that was made.
    static func ofSession(_ session: CheckoutSessionID, user: UserID, in pool: PostgresPool) async throws -> Row? {
        try await pool.query(
            """
            SELECT \(query: PaymentAnswer.json.columns) FROM payments
            WHERE stripe_checkout_session_id = \(session) AND user_id = \(user)
            ORDER BY status IN ('succeeded', 'refunded') DESC, seq LIMIT 1
            """
        ).first
    }
}
