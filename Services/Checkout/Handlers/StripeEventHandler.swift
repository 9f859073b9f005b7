import Messages
import Messaging
import Models

/// Stripe said something about a customer, a subscription, an invoice, a payment or a session.
struct StripeEventHandler: MessageHandler {
    let objects: ApplyStripeObject

    func prepare(_ event: StripeEventReceived) async throws -> ApplyStripeObject.Prepared? {
        guard let object = event.object else { return nil }
        return try await objects.prepare(object, .event(event.stripeEventID, type: event.eventType, created: event.created))
    }

    /// The customer: what is heard of one is applied by one replica at a time.
    func names(of event: StripeEventReceived) -> [String] {
        (event.object?.customerID).map { [Customers.name(of: $0)] } ?? []
    }

    func apply(_ event: StripeEventReceived, _ prepared: ApplyStripeObject.Prepared?, in work: UnitOfWork) async throws -> Outcome {
        guard let prepared else { return .reject(because: event.unreadable) }
        switch try await objects.apply(prepared, in: work) {
        case .applied(let user): try report(event, .handled, user: user, in: work)
        case .overtaken: return .prepareAgain
        case .foreign: try report(event, .ignored, error: "another installation made it", in: work)
        case .unclaimed(let key):
            try await UnclaimedEvents.keep(event, waitingFor: key, in: work)
            try report(event, .ignored, error: "nobody here is known as \(key)", in: work)
        }
        return .done
    }

    func parked(_ event: StripeEventReceived, because reason: String, in work: UnitOfWork) async throws {
        try report(event, .failed, error: reason, in: work)
    }

    private func report(
        _ event: StripeEventReceived, _ outcome: EventHandled.Outcome, error: String? = nil, user: UserID? = nil, in work: UnitOfWork
    ) throws {
        try work.publish(
            EventHandled(stripeEventID: event.stripeEventID, service: .checkout, outcome: outcome, error: error, userID: user))
    }
}
