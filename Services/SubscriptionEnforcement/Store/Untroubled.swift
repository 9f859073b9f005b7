import Messaging
import Models
import Postgres

/// Users who are on, of whom no stop is held down and whose invoice has never failed to be collected. That it is paid tells nothing that could
/// change that: no look is needed. Whatever else happened to the subscription has an event of its own, and everybody is looked at once a day.
enum Untroubled {
    /// An event that says that an invoice was paid.
    struct Payment: Sendable {
        var event: EventID
        var customer: CustomerID
        var invoice: InvoiceID
    }

    /// Whose these payments are, of those who are untroubled, by event.
    static func users(_ payments: [Payment], in work: UnitOfWork) async throws -> [EventID: UserID] {
        guard !payments.isEmpty else { return [:] }
        let users: Query = """
            SELECT payment.event, access.user_id
            FROM unnest(\(payments.map(\.event)), \(payments.map(\.customer)), \(payments.map(\.invoice)))
                 AS payment (event, customer, invoice)
            JOIN customers ON customers.stripe_customer_id = payment.customer JOIN access USING (user_id)
            WHERE wanted = 'on' AND stop_due_at IS NULL
              AND NOT EXISTS (SELECT FROM failed_invoices WHERE stripe_invoice_id = payment.invoice)
            """
        return try await Dictionary(
            work.query(users).map { (try $0.get("event"), try $0.get("user_id")) }, uniquingKeysWith: { first, _ in first })
    }
}
