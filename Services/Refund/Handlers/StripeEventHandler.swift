import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Stripe said something about a refund or a dispute, or that some of a charge was given back.
struct StripeEventHandler: MessageHandler {
    let stripe: StripeClient
    let refunds: Snapshots<Refunds>
    let disputes: Snapshots<Disputes>
    let alerts: Alerts

    /// What the event is about, read where the event's own word will not do.
    enum Finding: Sendable {
        case refunds([Snapshot<RefundFacts>])
        case dispute(Snapshot<DisputeFacts>)
        case unreadable
    }

    /// `charge.refunded` only says that there are refunds: before 2024 no other event tells of one, so they are read.
    func prepare(_ event: StripeEventReceived) async throws -> Finding {
        switch event.object {
        case .refund(let refund): .refunds([try await refunds.prepare(refund, heard: event.created)])
        case .dispute(let dispute): .dispute(try await disputes.prepare(dispute, heard: event.created))
        case .charge(let charge): .refunds(try await refunds.read { try await stripe.refunds(of: charge.id) })
        default: .unreadable
        }
    }

    func apply(_ event: StripeEventReceived, _ finding: Finding, in work: UnitOfWork) async throws -> Outcome {
        var isOurs = false
        var user: UserID?
        switch finding {
        case .refunds(let found):
            for refund in found {
                let isStored = try await refunds.apply(refund, in: work) { facts, source in
                    try await ApplyRefund(work: work, alerts: alerts)(facts, from: source)
                }
                guard isStored else { return .prepareAgain }
                guard let row = try await Refunds.find(refund.facts.id, in: work) else { continue }
                if row.key != nil { try await confirm(row, by: event, in: work) }
                (isOurs, user) = (isOurs || row.paymentID != nil, row.userID ?? user)
            }
        case .dispute(let dispute):
            let isStored = try await disputes.apply(dispute, in: work) { facts, source in
                try await ApplyDispute(work: work, alerts: alerts, now: stripe.time)(facts, from: source)
            }
            guard isStored else { return .prepareAgain }
            guard let row = try await Disputes.find(dispute.facts.id, in: work) else { break }
            (isOurs, user) = (row.paymentID != nil, row.userID)
        case .unreadable: return .reject(because: event.unreadable)
        }
        try work.publish(
            EventHandled(
                stripeEventID: event.stripeEventID, service: .refund, outcome: isOurs ? .handled : .ignored,
                error: isOurs ? nil : "about no payment that is known here, yet", userID: user))
        return .done
    }

    /// What an event says of a refund of ours is a step of its story also where it says what Stripe has answered already.
    private func confirm(_ row: RefundRow, by event: StripeEventReceived, in work: UnitOfWork) async throws {
        let said = try JSON(encoding: ["event_type": event.eventType, "status": row.status])
        try await work.send(AuditEntry("refund.confirmed", "refund", row.id.rawValue, user: row.userID, after: said).statement)
    }

    func parked(_ event: StripeEventReceived, because reason: String, in work: UnitOfWork) async throws {
        try work.publish(EventHandled(stripeEventID: event.stripeEventID, service: .refund, outcome: .failed, error: reason))
    }
}
