import Foundation
import Models
import Postgres
import Stripe

/// Finds out which intent collects which invoice, where nobody has said so.
///
/// Since 2025-03-31 neither names the other, an invoice comes into being only once Checkout has been paid (Stripe's changelog, "Checkout Sessions
/// have lower latency"), and endpoints pinned to that version or the next never hear `invoice_payment.paid`. So the invoice asks, when it has
/// something to say about money, and so does its session; an intent asks only while its customer has a paid invoice that nobody has claimed.
/// That there is no answer yet is never kept.
struct JoinPayments: Sendable {
    let pool: PostgresPool
    let stripe: StripeClient

    /// A paid invoice whose payment Stripe does not name is asked about again for so long before it is believed that there is none.
    private static let patience: TimeInterval = 300

    /// Stripe says that an invoice is paid, and not yet by what.
    struct NotNamedYet: Error, CustomStringConvertible {
        let invoice: InvoiceID
        var description: String { "\(invoice) is paid, and Stripe names no payment of it yet" }
    }

    /// The payments of an invoice that names none itself; empty where there is nothing to ask. Throws `NotNamedYet` for an event that is young
    /// enough to be too early.
    func payments(of invoice: InvoiceFacts, _ heard: HeardOf) async throws -> [InvoicePaymentFacts] {
        let isCollected = invoice.isPaid && invoice.amountPaid > 0 && !invoice.paidOutOfBand
        guard invoice.paymentIntentID == nil, invoice.chargeID == nil, isCollected || invoice.attemptCount > 0 else { return [] }
        // Of a paid invoice not any intent will do: it may have had others before the one that paid it.
        if try await Payments.isJoined(invoice.id, toPaid: isCollected, in: pool) { return [] }
        let payments = try await stripe.invoicePayments(invoice: invoice.id).value
        if isCollected, payments.isEmpty, case .event(_, _, let created) = heard,
            created > stripe.now.addingTimeInterval(-Self.patience)
        {
            throw NotNamedYet(invoice: invoice.id)
        }
        return payments
    }

    /// The payments of the invoice that came of a session.
    func payments(of session: CheckoutSessionFacts) async throws -> [InvoicePaymentFacts] {
        guard let invoice = session.invoiceID, session.paymentIntentID == nil, session.paymentStatus == "paid" else { return [] }
        if try await Payments.isJoined(invoice, toPaid: true, in: pool) { return [] }
        return try await stripe.invoicePayments(invoice: invoice).value
    }

    /// The invoice that an intent collects: `named` by the object in versions before 2025-03-31, else asked of Stripe.
    func invoice(of intent: PaymentIntentID, named: InvoiceID?, customer: CustomerID?) async throws -> InvoiceID? {
        if let named { return named }
        guard let customer, try await Payments.isAwaited(intent, of: customer, in: pool) else { return nil }
        return try await stripe.invoicePayments(paymentIntent: intent).value.first?.invoiceID
    }
}
