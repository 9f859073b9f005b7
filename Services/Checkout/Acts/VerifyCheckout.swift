import Models
import Postgres
import Stripe

/// Confirms to a customer who has come back from the payment page what became of it.
///
/// It reads Stripe and brings what it finds into the tables through the same code as the events, so that nobody waits for a webhook;
/// the webhook, whenever it comes, changes nothing more. Safe to repeat.
struct VerifyCheckout: Sendable {
    let pool: PostgresPool
    let catchUp: CatchUp

    /// What became of a session.
    enum Status: String, Codable, Sendable {
        case complete, open, expired
        /// Paid by a method that takes days, such as SEPA debit.
        case processing
        /// Such a payment that did not come.
        case failed
    }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> VerifyCheckout {
        VerifyCheckout(pool: pool, catchUp: catchUp.until(deadline))
    }

    func callAsFunction(_ id: CheckoutSessionID, user: UserID) async throws -> Status {
        guard try await CheckoutSessions.owner(of: id, in: pool) == user else { throw CheckoutRefusal.unknownSession }
        let session: CheckoutSessionFacts
        do {
            session = try await catchUp.session(id)
        } catch let error as StripeError where error.kind == .notFound {
            // Removed at Stripe, as test data are.
            throw CheckoutRefusal.unknownSession
        }
        switch session.status {
        case "complete":
            try await applyResults(of: session)
            return session.paymentStatus == "unpaid" ? try await delayed(id, user: user) : .complete
        case "expired": return .expired
        default: return .open
        }
    }

    /// What became of a payment that takes days. The session says unpaid for as long as it is on its way, and for ever when it did not come;
    /// then only the payment itself tells, or the event of its failure.
    private func delayed(_ id: CheckoutSessionID, user: UserID) async throws -> Status {
        switch try await Payments.ofSession(id, user: user, in: pool)?.get("status", as: PaymentStatus.self) {
        case .succeeded, .refunded: .complete
        case .failed, .canceled: .failed
        case .pending, nil: try await CheckoutSessions.hasFailed(id, in: pool) ? .failed : .processing
        }
    }

    private func applyResults(of session: CheckoutSessionFacts) async throws {
        if let subscription = session.subscriptionID { try await catchUp.subscription(subscription) }
        if let invoice = session.invoiceID { try await catchUp.invoice(invoice) }
        if let intent = session.paymentIntentID { try await catchUp.intent(intent) }
    }
}
