import Foundation
import Messages
import Messaging
import Models
import Stripe

/// Stripe said something that may concern somebody's access: look at them. Nothing in the event itself is believed but its time.
struct HintHandler: MessageHandler {
    let stripe: StripeClient
    let policy: AccessPolicy
    let wake: WakeSignal

    /// Collecting an invoice failed when these were made.
    private static let failures: Set<String> = ["invoice.payment_failed", "invoice.payment_action_required"]

    /// Whom a refund or a dispute is about only its charge can tell.
    func prepare(_ event: StripeEventReceived) async throws -> CustomerID? {
        guard let object = event.object, object.customerID == nil, let charge = object.reversedCharge, policy.heeds(object) else {
            return event.object?.customerID
        }
        return try await stripe.charge(charge).value.customerID
    }

    func apply(_ event: StripeEventReceived, _ customer: CustomerID?, in work: UnitOfWork) async throws -> Outcome {
        // Not to be passed over: it may be the end of a subscription, and then this is the only hint.
        guard let object = event.object else { return .reject(because: event.unreadable) }
        guard policy.heeds(object) else {
            try report(event, .ignored, error: "by policy it ends no subscription", in: work)
            return .done
        }
        guard let customer else {
            try report(event, .ignored, error: "it names no customer", in: work)
            return .done
        }
        try await Hints.keep(event, customer: customer, charge: object.reversedCharge, in: work)
        if case .subscription(let facts) = object { try await Hints.know(facts.id, of: customer, in: work) }
        if case .invoice(let facts) = object, Self.failures.contains(event.eventType) {
            // A time in the future would be no failure yet.
            try await FailedInvoices.note(facts.id, failedBy: min(event.created, stripe.clock.now ?? event.created), in: work)
        }
        if let user = try await Hints.user(of: customer, in: work) {
            try await AccessClaims.request(user, in: work)
            work.afterCommit(wake.raise)
        } else {
            // Whose it is may be known later, or never; the hint is kept, and the event itself is done with.
            try report(event, .handled, in: work)
        }
        return .done
    }

    func parked(_ event: StripeEventReceived, because reason: String, in work: UnitOfWork) async throws {
        try report(event, .failed, error: reason, in: work)
    }

    /// Each message about the event is reported on, with an id of its own: a replay is asked for where a report was lost.
    private func report(_ event: StripeEventReceived, _ outcome: EventHandled.Outcome, error: String? = nil, in work: UnitOfWork) throws {
        try work.publish(EventHandled(stripeEventID: event.stripeEventID, service: .enforcement, outcome: outcome, error: error))
    }
}

extension StripeObject {
    /// The charge that is given back, or taken back by a bank, where the object tells of that.
    fileprivate var reversedCharge: ChargeID? {
        switch self {
        case .refund(let facts): facts.chargeID
        case .dispute(let facts): facts.chargeID
        case .charge(let facts): facts.id
        default: nil
        }
    }
}

extension AccessPolicy {
    /// Whether what the object tells of can change anybody's access.
    fileprivate func heeds(_ object: StripeObject) -> Bool {
        switch object {
        case .dispute: disputeLost == .end
        case .refund, .charge: fullRefund == .end
        default: true
        }
    }
}
