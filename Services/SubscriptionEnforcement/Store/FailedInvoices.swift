import Foundation
import Messaging
import Models
import Postgres

/// The table `failed_invoices`.
enum FailedInvoices {
    private static let trail = AuditedTable("failed_invoices", key: "stripe_invoice_id", of: "invoice", user: "NULL::text")

    /// Notes that collecting an invoice had failed by then; the earliest time that was told stays.
    static func note(_ invoice: InvoiceID, failedBy time: Date, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "invoice.failed", of: "stripe_invoice_id = \(invoice)",
                by: """
                    INSERT INTO failed_invoices AS known (stripe_invoice_id, first_failed_at) VALUES (\(invoice), \(time))
                    ON CONFLICT (stripe_invoice_id) DO UPDATE SET first_failed_at = excluded.first_failed_at
                    WHERE excluded.first_failed_at < known.first_failed_at
                    """, calling: "known"))
    }

    /// When collecting each of them first failed, of those that are known to have failed.
    static func times(of invoices: [InvoiceID], in pool: PostgresPool) async throws -> [InvoiceID: Date] {
        let times: Query = "SELECT stripe_invoice_id, first_failed_at FROM failed_invoices WHERE stripe_invoice_id = ANY(\(invoices))"
        let rows = try await pool.query(times)
        return try Dictionary(rows.map { (try $0.get("stripe_invoice_id"), try $0.get("first_failed_at")) }, uniquingKeysWith: min)
    }
}
