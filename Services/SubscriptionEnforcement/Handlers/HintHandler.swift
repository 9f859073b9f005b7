import Foundation
import Messages
import Messaging
import Models
import Stripe

/// Stripe said something that may concern somebody's access: look at them. Nothing in the event itself is believed but its time.
struct HintHandler: MessageHandler {
    let stripeClock: StripeClock
    let wake: WakeSignal

    /// Collecting an invoice failed when these were made.
    private static let failures: Set<String> = ["invoice.payment_failed", "invoice.payment_action_required"]

    func apply(_ event: StripeEventReceived, _: Void, in work: UnitOfWork) async throws -> Outcome {
        // Not to be passed over: it may be the end of a subscription, and then this is the only hint.
        guard let object = event.object else { return .reject(because: event.unreadable) }
        if case .invoice(let facts) = object, Self.failures.contains(event.eventType) {
            // A time in the future would be no failure yet.
            try await FailedInvoices.note(facts.id, failedBy: min(event.created, stripeClock.now ?? event.created), in: work)
        }
        // By name, so that it is read also where a list leaves it out: lists lag behind what Stripe says.
        switch object {
        case .subscription(let facts): try await Hints.know(facts.id, of: facts.customerID, in: work)
        case .invoice(let facts):
            if let id = facts.subscriptionID, let customer = facts.customerID { try await Hints.know(id, of: customer, in: work) }
        default: break
        }
        try await keep(event, about: object.customerID, charge: nil, in: work)
        return .done
    }

    /// Keeps the event as a hint about a customer, and asks for a look at whose it is.
    func keep(_ event: StripeEventReceived, about customer: CustomerID?, charge: ChargeID?, in work: UnitOfWork) async throws {
        guard let customer else { return try report(event, .ignored, error: "it names no customer", in: work) }
        try await Hints.keep(event, customer: customer, charge: charge, in: work)
        if let user = try await Hints.user(of: customer, in: work) {
            try await AccessClaims.request(user, in: work)
            work.afterCommit(wake.raise)
        } else {
            // Whose it is may be known later, or never; the hint is kept, and the event itself is done with.
            try report(event, .handled, in: work)
        }
    }

    func parked(_ event: StripeEventReceived, because reason: String, in work: UnitOfWork) async throws {
        try report(event, .failed, error: reason, in: work)
    }

    /// Each message about the event is reported on, with an id of its own: a replay is asked for where a report was lost.
    func report(_ event: StripeEventReceived, _ outcome: EventHandled.Outcome, error: String? = nil, in work: UnitOfWork) throws {
        try work.publish(EventHandled(stripeEventID: event.stripeEventID, service: .enforcement, outcome: outcome, error: error))
    }
}
