import Foundation
import Messages
import Messaging
import Models

/// Writes one decision with all that belongs to it, in the transaction that holds the user's claim.
struct CommitDecision: Sendable {
    let work: UnitOfWork
    let user: UserID
    let state: AccessState
    let proof: ReadSubscriptions.Proof
    let occasion: Hints.Occasion

    func callAsFunction(_ decision: AccessDecision) async throws {
        try await Hints.remember(proof.readings, in: work)
        switch decision {
        case .keep(let level, let until):
            let change = Decisions.Change(wanted: level, generation: state.generation, entitledUntil: until)
            try await finish(change, outcome: "keep", reason: reasonToKeep(level))
            if until != state.entitledUntil { try tell(change, reason: reasonToKeep(level)) }
        case .hold(let reason, _, let due):
            try await hold(reason, until: due)
        case .start(let reading):
            let change = Decisions.Change(
                wanted: .on, generation: state.generation + 1, reason: reading.subscription.status.rawValue,
                entitledUntil: reading.entitledUntil)
            try await turn(change, outcome: "start", reading: reading) { VMRestore($0) }
        case .stop(let reason, let reading):
            let change = Decisions.Change(wanted: .off, generation: state.generation + 1, reason: reason.rawValue)
            try await turn(change, outcome: "stop", reading: reading) { VMShutdown($0) }
        case .undecided(let why):
            throw EnforceAccess.Undecided(description: why)
        }
    }

    /// The events stay open until the stop is confirmed or called off.
    private func hold(_ reason: StopReason, until due: Date) async throws {
        let events = try await Hints.events(of: user, upTo: occasion.newest, in: work)
        let record = DecisionRecord(outcome: "hold", wanted: .on, reason: reason.rawValue, generation: state.generation)
        try await Decisions.record(record, user: user, events: events, proof: proof, in: work)
        let change = Decisions.Change(
            wanted: .on, generation: state.generation, entitledUntil: state.entitledUntil, stopDueAt: due, checkAt: due)
        try await Decisions.apply(change, to: user, provenAt: proof.readAt, in: work)
    }

    private func turn<M: FixedMessage>(
        _ change: Decisions.Change, outcome: String, reading: AccessPolicy.Reading, message: (VMOrder) -> M
    ) async throws {
        let reason = change.reason ?? ""
        let order = VMOrder(
            commandID: CommandID(UUID().uuidString.lowercased()), generation: change.generation, userID: user,
            subscriptionID: reading.subscription.id, reason: reason, evidence: evidence(of: reading))
        try await Decisions.order(order, kind: M.key, in: work)
        try work.publish(message(order), id: order.commandID.rawValue)
        try tell(change, reason: reason)
        try await finish(change, outcome: outcome, reason: reason)
    }

    /// Keeps the decision for each event and calls the events handled. Their hints go in the same transaction, so each is reported once;
    /// a replay brings a hint of its own, and is reported again.
    private func finish(_ change: Decisions.Change, outcome: String, reason: String) async throws {
        let events = try await Hints.events(of: user, upTo: occasion.newest, in: work)
        let record = DecisionRecord(outcome: outcome, wanted: change.wanted, reason: reason, generation: change.generation)
        try await Decisions.record(record, user: user, events: events, proof: proof, in: work)
        for event in events {
            try work.publish(EventHandled(stripeEventID: event, service: .enforcement, outcome: .handled, userID: user))
        }
        try await Hints.forget(events, in: work)
        try await Decisions.apply(change, to: user, provenAt: proof.readAt, in: work)
    }

    private func tell(_ change: Decisions.Change, reason: String) throws {
        try work.publish(
            AccessChanged(
                userID: user, generation: change.generation, wanted: change.wanted, reason: reason,
                entitledUntil: change.entitledUntil, decidedAt: proof.readAt))
    }

    private func evidence(of reading: AccessPolicy.Reading) -> VMEvidence {
        VMEvidence(
            readAt: proof.readAt, subscriptionStatus: reading.subscription.status.rawValue,
            invoiceID: reading.invoice?.id ?? reading.subscription.latestInvoiceID, attemptCount: reading.invoice?.attemptCount,
            nextPaymentAttempt: reading.invoice?.nextPaymentAttempt)
    }

    private func reasonToKeep(_ level: AccessLevel) -> String { level == .on ? "entitled" : "not_entitled" }
}
