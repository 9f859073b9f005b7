import Foundation
import Messaging
import Models
import Stripe

/// Reads objects from Stripe and brings them into the tables at once, through the same code as the events, for a customer who waits.
///
/// Throws `CheckoutRefusal.busy` when events keep overtaking what is read.
struct CatchUp: Sendable {
    let outbox: Outbox
    let objects: ApplyStripeObject

    /// How often an object may be overtaken by events. Each time somebody else has stored something newer, so that more than this many
    /// are a burst which is over soon.
    private static let rounds = 20

    /// What it reads with.
    var stripe: StripeClient { objects.stripe }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> CatchUp {
        CatchUp(outbox: outbox, objects: objects.until(deadline))
    }

    /// A session; returns what Stripe says of it.
    @discardableResult
    func session(_ id: CheckoutSessionID) async throws -> CheckoutSessionFacts {
        let read = try await stripe.checkoutSession(id)
        try await apply(.checkoutSession(read.value), at: read.readAt)
        return read.value
    }

    /// A subscription.
    func subscription(_ id: SubscriptionID) async throws {
        try await repeating { try await objects.prepareRead(of: id) }
    }

    /// A subscription as it was when this began, or later: what somebody else has stored meanwhile will do. False where Stripe knows no such
    /// subscription any more, which is noted.
    @discardableResult
    func freshen(_ id: SubscriptionID) async throws -> Bool {
        do {
            let prepared = try await objects.prepareRead(of: id)
            _ = try await outbox.transaction { work in try await objects.apply(prepared, in: work) }
            return true
        } catch let error as StripeError where error.kind == .notFound {
            try await Subscriptions.markGone(id, in: outbox.pool)
            return false
        }
    }

    /// An invoice with the intents that collect it.
    func invoice(_ id: InvoiceID) async throws {
        let payments = try await stripe.invoicePayments(invoice: id)
        for payment in payments.value {
            try await apply(.invoicePayment(payment), at: payments.readAt)
            if let intent = payment.paymentIntentID { try await self.intent(intent) }
        }
        try await repeating { try await objects.prepareRead(of: id) }
    }

    /// An intent.
    func intent(_ id: PaymentIntentID) async throws {
        let read = try await stripe.paymentIntent(id)
        try await apply(.paymentIntent(read.value), at: read.readAt)
    }

    private func apply(_ object: StripeObject, at time: Date) async throws {
        try await repeating { try await objects.prepare(object, .read(at: time)) }
    }

    /// Prepares and applies until nothing has come in between.
    private func repeating(_ prepare: () async throws -> ApplyStripeObject.Prepared) async throws {
        for _ in 0..<Self.rounds {
            let prepared = try await prepare()
            let result = try await outbox.transaction { work in try await objects.apply(prepared, in: work) }
            if result != .overtaken { return }
        }
        throw CheckoutRefusal.busy
    }
}
