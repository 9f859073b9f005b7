import Messages
import Messaging
import Models
import Stripe

/// Stripe said something about a refund or a dispute, or that some of a charge was given back.
struct StripeEventHandler: MessageHandler {
    let stripe: StripeClient

    /// What the event is about, read where the event itself does not say it.
    enum Finding: Sendable {
        case refunds([RefundFacts])
        case dispute(DisputeFacts)
        case unreadable
    }

    /// `charge.refunded` only says that there are refunds: before 2024 no other event tells of one, so they are read.
    func prepare(_ event: StripeEventReceived) async throws -> Finding {
        switch event.object {
        case .refund(let refund): .refunds([refund])
        case .dispute(let dispute): .dispute(dispute)
        case .charge(let charge): .refunds(try await stripe.refunds(of: charge.id).value)
        default: .unreadable
        }
    }

    func apply(_ event: StripeEventReceived, _ finding: Finding, in work: UnitOfWork) async throws -> Outcome {
        switch finding {
        case .refunds(let refunds): for refund in refunds { try await Refunds.record(refund, in: work) }
        case .dispute(let dispute): try await Disputes.record(dispute, in: work)
        case .unreadable: return .reject(because: "the event carries no object that can be read")
        }
        try work.publish(EventHandled(stripeEventID: event.stripeEventID, service: .refund, outcome: .handled))
        return .done
    }

    func parked(_ event: StripeEventReceived, because reason: String, in work: UnitOfWork) async throws {
        try work.publish(EventHandled(stripeEventID: event.stripeEventID, service: .refund, outcome: .failed, error: reason))
    }
}
