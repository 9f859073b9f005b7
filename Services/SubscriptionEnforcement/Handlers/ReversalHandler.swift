import Messages
import Messaging
import Models
import ServiceContextModule
import Stripe

/// Money was given back, or a bank objects to a charge: a hint to look at that charge, where the policy lets it end a subscription.
///
/// It has a queue of its own, because only the charge can tell whom it is about: a Stripe that is slow to say so delays no other hint.
struct ReversalHandler: MessageHandler {
    let stripe: StripeClient
    let policy: AccessPolicy
    let hints: HintHandler

    func prepare(_ event: StripeEventReceived) async throws -> CustomerID? {
        guard let object = event.object, policy.heeds(object), object.customerID == nil, let charge = object.reversedCharge else {
            return event.object?.customerID
        }
        return try await stripe.charge(charge).value.customerID
    }

    func apply(_ event: StripeEventReceived, _ customer: CustomerID?, in work: UnitOfWork) async throws -> Outcome {
        guard let object = event.object else { return .reject(because: event.unreadable) }
        if policy.heeds(object) {
            let message = ServiceContext.current?.messageID ?? event.stripeEventID.rawValue
            try await hints.keep([Hint(id: message, event: event, customer: customer, charge: object.reversedCharge)], in: work)
        } else {
            try hints.report(event, .ignored, error: "by policy it ends no subscription", in: work)
        }
        return .done
    }

    func parked(_ event: StripeEventReceived, because reason: String, in work: UnitOfWork) async throws {
        try await hints.parked(event, because: reason, in: work)
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
    /// Whether what the object tells of can end a subscription.
    fileprivate func heeds(_ object: StripeObject) -> Bool {
        switch object {
        case .dispute: disputeLost == .end
        case .refund, .charge: fullRefund == .end
        default: false
        }
    }
}
