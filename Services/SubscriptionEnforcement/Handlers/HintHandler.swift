import Messages
import Messaging
import Models

/// Stripe said something that may concern somebody's access: look at them. Nothing in the event itself is believed.
struct HintHandler: MessageHandler {
    let wake: WakeSignal

    func apply(_ event: StripeEventReceived, _: Void, in work: UnitOfWork) async throws -> Outcome {
        // Not to be passed over: it may be the end of a subscription, and then this is the only hint.
        guard let object = event.object else { return .reject(because: event.unreadable) }
        guard let customer = object.customerID else {
            try report(event, .ignored, error: "it names no customer", in: work)
            return .done
        }
        try await Hints.keep(event, customer: customer, in: work)
        if case .subscription(let facts) = object { try await Hints.know(facts.id, of: customer, in: work) }
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
