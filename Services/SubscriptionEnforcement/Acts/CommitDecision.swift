import Foundation
import Messages
import Messaging
import Models

/// Writes one decision with all that belongs to it, in the transaction that holds the user's claim.
struct CommitDecision: Sendable {
    let work: UnitOfWork
    let claim: AccessClaim
    let state: AccessState
    let proof: Proof
    /// What was known before; its hints are taken into account.
    let known: KnownUser
    let reversals: ReadReversals.Result
    let nextLook: Date?

    private var user: UserID { claim.user }

    func callAsFunction(_ decision: AccessDecision) async throws {
        try await Hints.remember(proof.readings, unlike: known.subscriptions, in: work)
        try await noteFailures()
        try await requestEnds()
        switch decision {
        case .keep(let level, let until):
            let change = change(level, until: until)
            try await finish(change, outcome: "keep", reason: reasonToKeep(level))
            if until != state.entitledUntil { try tell(change, reason: reasonToKeep(level)) }
        case .hold(let reason, let due):
            try await hold(reason, until: due)
        case .start(let reading, let until):
            let change = change(.on, by: 1, reason: reading.subscription.status.rawValue, until: until)
            try await turn(change, outcome: "start", reading: reading) { VMRestore($0) }
        case .stop(let reason, let reading):
            let change = change(.off, by: 1, reason: reason.rawValue)
            try await turn(change, outcome: "stop", reading: reading) { VMShutdown($0) }
        case .undecided(let why):
            throw EnforceAccess.Undecided(description: why)
        }
    }

    private func change(_ wanted: AccessLevel, by step: Int64 = 0, reason: String? = nil, until: Date? = nil) -> Decisions.Change {
        let unread = reversals.unread.isEmpty ? nil : proof.readAt.addingTimeInterval(60)
        return Decisions.Change(
            wanted: wanted, generation: state.generation + step, reason: reason, entitledUntil: until,
            checkAt: [nextLook, unread].compactMap(\.self).min())
    }

    /// The time of grace begins when an invoice first failed, and not again.
    private func noteFailures() async throws {
        for owed in proof.readings.flatMap(\.invoices) where !owed.invoice.isMailed {
            if let time = owed.firstFailedAt { try await FailedInvoices.note(owed.invoice.id, failedBy: time, in: work) }
        }
    }

    /// Asks checkout to end what would go on being charged though its payment was taken back; once for each subscription.
    private func requestEnds() async throws {
        for reversal in reversals.found where !hasEnded(reversal.subscription) {
            guard try await EndRequests.note(reversal, in: work) else { continue }
            try work.publish(
                SubscriptionEndRequested(
                    userID: user, subscriptionID: reversal.subscription, why: reversal.reason.rawValue, invoiceID: reversal.invoice))
        }
    }

    private func hasEnded(_ subscription: SubscriptionID) -> Bool {
        proof.readings.contains { $0.subscription.id == subscription && $0.subscription.status.isEnded }
    }

    /// The events stay open until the stop is confirmed or called off.
    private func hold(_ reason: StopReason, until due: Date) async throws {
        let record = DecisionRecord(outcome: "hold", wanted: .on, reason: reason.rawValue, generation: state.generation)
        try await Decisions.record(record, user: user, events: events(), proof: proof, in: work)
        var change = change(.on, until: state.entitledUntil)
        change.stopDueAt = due
        change.checkAt = due
        try await Decisions.apply(change, under: claim, provenAt: proof.readAt, in: work)
    }

    private func turn<M: FixedMessage>(
        _ change: Decisions.Change, outcome: String, reading: SubscriptionReading, message: (VMOrder) -> M
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
    /// a replay brings a hint of its own, and is reported again. A look that no event asked for and that changes nothing leaves only its time.
    private func finish(_ change: Decisions.Change, outcome: String, reason: String) async throws {
        let events = try await events()
        if !events.isEmpty || outcome != "keep" || state.stopDueAt != nil {
            let record = DecisionRecord(outcome: outcome, wanted: change.wanted, reason: reason, generation: change.generation)
            try await Decisions.record(record, user: user, events: events, proof: proof, in: work)
        }
        for event in events {
            try work.publish(EventHandled(stripeEventID: event, service: .enforcement, outcome: .handled, userID: user))
        }
        try await Hints.forget(events, in: work)
        try await Decisions.apply(change, under: claim, provenAt: proof.readAt, in: work)
    }

    private func events() async throws -> [EventID] {
        try await Hints.events(of: user, upTo: known.newestHint, unread: reversals.unread, in: work)
    }

    private func tell(_ change: Decisions.Change, reason: String) throws {
        try work.publish(
            AccessChanged(
                userID: user, generation: change.generation, wanted: change.wanted, reason: reason,
                entitledUntil: change.entitledUntil, decidedAt: proof.readAt))
    }

    /// Of several invoices that are owed, the one that was tried most says most.
    private func evidence(of reading: SubscriptionReading) -> VMEvidence {
        let invoice = reading.invoices.map(\.invoice).max { $0.attemptCount < $1.attemptCount }
        return VMEvidence(
            readAt: proof.readAt, subscriptionStatus: reading.subscription.status.rawValue,
            invoiceID: invoice?.id ?? reading.subscription.latestInvoiceID, attemptCount: invoice?.attemptCount,
            nextPaymentAttempt: invoice?.nextPaymentAttempt)
    }

    private func reasonToKeep(_ level: AccessLevel) -> String { level == .on ? "entitled" : "not_entitled" }
}
