import Foundation
import Models
import Stripe

/// Ends the collection of what a subscription is owed that its customer has ended.
///
/// Stripe stops collecting open invoices of a subscription that ends at once and leaves them open (API reference, "Cancel a subscription"), so
/// that a customer could still pay for what is not delivered: they are voided, unless the policy says that they are owed.
struct EndCollection: Sendable {
    let stripe: StripeClient
    /// `POLICY_CANCEL_OPEN_INVOICES`.
    let policy: OpenInvoices

    /// What becomes of them.
    enum OpenInvoices: String, Sendable, CaseIterable {
        case void, owe
    }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> EndCollection {
        EndCollection(stripe: stripe.until(deadline), policy: policy)
    }

    /// Voids what is open of it, but for what money is on its way for.
    func callAsFunction(of subscription: SubscriptionID) async throws {
        guard policy == .void else { return }
        for invoice in try await stripe.invoices(of: subscription).value where invoice.status == "open" { try await void(invoice.id) }
    }

    /// Voids an invoice, unless it is paid or money for it is on its way.
    func void(_ id: InvoiceID) async throws {
        for payment in try await stripe.invoicePayments(invoice: id).value {
            if let intent = payment.paymentIntentID, try await stripe.paymentIntent(intent).value.status == "processing" { return }
        }
        do {
            // What is void stays so: each try may have a key of its own.
            _ = try await stripe.voidInvoice(id, idempotencyKey: "void-\(UUID().uuidString.lowercased())")
        } catch let error as StripeError where error.kind == .invalidRequest && error.status != 409 {
            // Void or paid meanwhile is as good; anything else is not understood.
            guard let status = try await stripe.invoice(id).value.status, status != "open" else { throw error }
        }
    }
}
