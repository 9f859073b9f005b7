import Foundation
import Messages
import Messaging
import Models
import Stripe

/// Stripe said things that may concern people's access: look at them. Nothing in an event itself is believed but its time, and that an invoice
/// was paid where that could change nothing.
struct HintHandler: BatchHandler {
    let stripeClock: StripeClock
    let wake: WakeSignal

    /// Collecting an invoice failed when these were made.
    private static let failures: Set<String> = ["invoice.payment_failed", "invoice.payment_action_required"]

    func apply(_ heard: [Heard<StripeEventReceived>], in work: UnitOfWork) async throws {
        // Not to be passed over: it may be the end of a subscription, and then this is the only hint.
        let unreadable = heard.filter { $0.message.object == nil }
        guard unreadable.isEmpty else {
            throw Undone(Dictionary(unreadable.map { ($0.id, .reject(because: $0.message.unreadable)) }) { first, _ in first })
        }
        for event in heard.map(\.message) where Self.failures.contains(event.eventType) {
            guard case .invoice(let facts) = event.object else { continue }
            // A time in the future would be no failure yet.
            try await FailedInvoices.note(facts.id, failedBy: min(event.created, stripeClock.now ?? event.created), in: work)
        }
        // By name, so that it is read also where a list leaves it out: lists lag behind what Stripe says.
        try await Hints.know(heard, in: work)
        let untroubled = try await Untroubled.users(payments(in: heard), in: work)
        for event in heard.map(\.message) {
            if let user = untroubled[event.stripeEventID] { try report(event, .handled, user: user, in: work) }
        }
        let others = heard.filter { untroubled[$0.message.stripeEventID] == nil }
        try await keep(others.map { Hint(id: $0.id, event: $0.message, customer: $0.message.object?.customerID) }, in: work)
    }

    private func payments(in heard: [Heard<StripeEventReceived>]) -> [Untroubled.Payment] {
        heard.map(\.message).compactMap { event in
            guard event.eventType == "invoice.paid", case .invoice(let facts) = event.object, let customer = facts.customerID else {
                return nil
            }
            return Untroubled.Payment(event: event.stripeEventID, customer: customer, invoice: facts.id)
        }
    }

    /// Keeps events as hints about customers, and asks for a look at whose they are.
    func keep(_ hints: [Hint], in work: UnitOfWork) async throws {
        for hint in hints where hint.customer == nil { try report(hint.event, .ignored, error: "it names no customer", in: work) }
        let named = hints.filter { $0.customer != nil }
        guard !named.isEmpty else { return }
        try await Hints.keep(named, in: work)
        let users = try await Hints.users(of: named.compactMap(\.customer), in: work)
        // Whose it is may be known later, or never; the hint is kept, and the event itself is done with.
        for hint in named where hint.customer.flatMap({ users[$0] }) == nil { try report(hint.event, .handled, in: work) }
        guard !users.isEmpty else { return }
        try await AccessClaims.request(named.compactMap { $0.customer.flatMap { users[$0] } }, in: work)
        work.afterCommit(wake.raise)
    }

    func parked(_ event: StripeEventReceived, because reason: String, in work: UnitOfWork) async throws {
        try report(event, .failed, error: reason, in: work)
    }

    /// Each message about the event is reported on, with an id of its own: a replay is asked for where a report was lost.
    func report(
        _ event: StripeEventReceived, _ outcome: EventHandled.Outcome, error: String? = nil, user: UserID? = nil, in work: UnitOfWork
    ) throws {
        try work.publish(
            EventHandled(stripeEventID: event.stripeEventID, service: .enforcement, outcome: outcome, error: error, userID: user))
    }
}
