import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Confirms to a customer who has come back from the payment page what became of it.
///
/// It reads Stripe and brings what it finds into the tables through the same code as the events, so that nobody waits for a webhook;
/// the webhook, whenever it comes, changes nothing more. Safe to repeat.
struct VerifyCheckout: Sendable {
    let pool: PostgresPool
    let outbox: Outbox
    let stripe: StripeClient
    let objects: ApplyStripeObject

    /// What became of a session.
    enum Status: String, Codable, Sendable {
        case complete, open, expired
        /// Paid by a method that takes days, such as SEPA debit.
        case processing
    }

    /// How often objects may be overtaken by events before the tables are taken as they are.
    private static let rounds = 5

    func callAsFunction(_ id: CheckoutSessionID, user: UserID) async throws -> Status {
        guard try await CheckoutSessions.owner(of: id, in: pool) == user else { throw CheckoutRefusal.unknownSession }
        let read = try await stripe.checkoutSession(id)
        let session = read.value
        try await apply(.checkoutSession(session), at: read.readAt)
        if session.status == "complete" { try await applyResults(of: session) }
        return switch session.status {
        case "complete": session.paymentStatus == "unpaid" ? .processing : .complete
        case "expired": .expired
        default: .open
        }
    }

    private func applyResults(of session: CheckoutSessionFacts) async throws {
        if let subscription = session.subscriptionID {
            try await repeating { try await objects.prepareRead(of: subscription) }
        }
        if let invoice = session.invoiceID {
            let read = try await stripe.invoice(invoice)
            try await apply(.invoice(read.value), at: read.readAt)
            for payment in try await stripe.invoicePayments(invoice: invoice).value {
                try await apply(.invoicePayment(payment), at: read.readAt)
                if let intent = payment.paymentIntentID { try await apply(intent) }
            }
        }
        if let intent = session.paymentIntentID { try await apply(intent) }
    }

    private func apply(_ intent: PaymentIntentID) async throws {
        let read = try await stripe.paymentIntent(intent)
        try await apply(.paymentIntent(read.value), at: read.readAt)
    }

    private func apply(_ object: StripeObject, at time: Date) async throws {
        try await repeating { try await objects.prepare(object, created: time) }
    }

    /// Prepares and applies until nothing has come in between.
    private func repeating(_ prepare: () async throws -> ApplyStripeObject.Prepared) async throws {
        for _ in 0..<Self.rounds {
            let prepared = try await prepare()
            let result = try await outbox.transaction { work in
                try await objects.apply(prepared, event: nil, created: Date(), in: work)
            }
            if result != .overtaken { return }
        }
    }
}
