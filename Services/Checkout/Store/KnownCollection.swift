import Messaging
import Models
import Postgres

/// All that the tables know of a collection of money: of an invoice, or of an intent that collects none.
struct KnownCollection: Sendable {
    /// The intents that are known to collect the invoice.
    let joined: [PaymentIntentID]
    /// The payments of the intents and of the invoice, oldest first, locked.
    let rows: [PaymentRow]
    let invoice: InvoiceRow?
    private let id: InvoiceID?
    /// The sessions that led there, oldest first.
    private let sessions: [LeadingSession]
    /// Whether any of the intents has failed before.
    let hasAttempts: Bool

    /// Reads it in one round trip. The caller has locked the names of both.
    init(_ intent: PaymentIntentID?, _ id: InvoiceID?, in work: UnitOfWork) async throws {
        let joins: Query = "SELECT stripe_payment_intent_id FROM invoice_payments WHERE stripe_invoice_id = \(id)"
        let anyOfThem: Query = "(stripe_payment_intent_id = \(intent) OR stripe_payment_intent_id = ANY(ARRAY(\(query: joins))))"
        let found = try await work.query([
            "SELECT \(query: PaymentRow.columns) FROM payments WHERE \(query: anyOfThem) OR stripe_invoice_id = \(id) ORDER BY seq FOR UPDATE",
            joins,
            "SELECT * FROM invoices WHERE stripe_invoice_id = \(id)",
            CheckoutSessions.leading("\(query: anyOfThem) OR stripe_invoice_id = \(id)"),
            "SELECT FROM payment_attempts WHERE \(query: anyOfThem) LIMIT 1",
        ])
        self.id = id
        rows = try found[0].map(PaymentRow.init(row:))
        joined = try found[1].map { try $0.get("stripe_payment_intent_id") }
        invoice = try found[2].first.map(Invoices.read)
        sessions = try found[3].map(CheckoutSessions.leader)
        hasAttempts = !found[4].isEmpty
    }

    /// The session that led to `intent` or to the invoice.
    func session(of intent: PaymentIntentID?) -> LeadingSession? {
        sessions.first { session in
            (intent != nil && session.paymentIntentID == intent) || (id != nil && session.invoiceID == id)
        }
    }
}
