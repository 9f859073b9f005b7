import Foundation
import Logging
import Messaging
import Metrics
import Models
import Postgres
import Stripe

/// Reads from Stripe which events there were, and stores those that never came, by the same path as those that do.
///
/// Stripe gives a delivery up after three days, and an endpoint that is switched off gets none at all. So each pass asks for the events
/// that could not be delivered, and a rarer one for all, since the last pass that came to its end.
struct Reconcile: Sendable {
    let pool: PostgresPool
    let stripe: StripeClient
    let accept: AcceptEvent
    let store: StoreEvents
    let now: @Sendable () -> Date
    /// How often all events are compared, not only those that could not be delivered.
    let fullPassEvery: Duration
    /// Called when something was stored, to wake the relay.
    let stored: @Sendable () -> Void
    let logger: Logger

    /// An event this young is most likely on its way; and Stripe's list may lack it for a moment.
    private static let grace: TimeInterval = 30
    /// Each pass begins this long before the end of the last one: clocks differ, and Stripe says nothing about how soon an event is
    /// listed.
    private static let overlap: TimeInterval = 3600
    /// The first pass of all goes back for as long as Stripe itself goes on trying.
    private static let firstReach: TimeInterval = 3 * 86_400
    /// For this long Stripe keeps events.
    private static let longestReach: TimeInterval = 30 * 86_400

    /// One pass over what could not be delivered, and over everything when that is due. Throws what stopped it.
    func callAsFunction() async throws {
        try await run(.undelivered)
        if try await Reconciliations.isDue(.all, every: fullPassEvery, in: pool) { try await run(.all) }
    }

    /// Compares one scope; how far it came is recorded.
    private func run(_ scope: Reconciliations.Scope) async throws {
        let reached = try await Reconciliations.reached(scope, in: pool)?.addingTimeInterval(-Self.overlap)
        let from = max(reached ?? now().addingTimeInterval(-Self.firstReach), now().addingTimeInterval(-Self.longestReach))
        let id = try await Reconciliations.begin(scope, from: from, in: pool)
        do {
            let through = try await compare(scope, from: from, record: id)
            try await Reconciliations.finish(id, through: through, in: pool)
            try await store.alerts.clear("webhook_reconciliation_failed", about: scope.rawValue)
        } catch {
            // The reason is kept whatever stopped it, a shutdown apart: then the pass simply has no end.
            if !(error is CancellationError) {
                try await Reconciliations.fail(id, because: "\(error)", in: pool)
                try await store.alerts.raise(
                    "webhook_reconciliation_failed", about: scope.rawValue, "Stripe's list of events could not be read.")
            }
            throw error
        }
    }

    /// Page by page, the newest first; up to when it was complete, by Stripe's clock.
    private func compare(_ scope: Reconciliations.Scope, from: Date, record id: Int64) async throws -> Date {
        var last: EventID?
        var through: Date?
        while true {
            let read = try await stripe.events(from: from, delivered: scope == .undelivered ? false : nil, startingAfter: last)
            let end = through ?? read.readAt.addingTimeInterval(-Self.grace)
            through = end
            let due = read.value.events.filter { $0.envelope.created <= end }
            let repaired = due.isEmpty ? 0 : try await repair(due)
            try await Reconciliations.count(id, seen: due.count, repaired: repaired, in: pool)
            guard read.value.hasMore, let next = read.value.events.last?.envelope.id, next != last else { return end }
            last = next
        }
    }

    /// Stores what is missing of a page. An event that cannot be stored is counted and does not stop the others.
    private func repair(_ events: [EventsPage.Event]) async throws -> Int {
        let known = try await pool.query(
            "SELECT stripe_event_id FROM stripe_webhooks WHERE stripe_event_id = ANY(\(events.map(\.envelope.id)))")
        let ids = Set(try known.map { try $0.get("stripe_event_id", as: EventID.self) })
        let missing = events.filter { !ids.contains($0.envelope.id) }.compactMap { event -> ReceivedEvent? in
            do { return try accept(read: event.json) } catch {
                logger.error("an event that Stripe lists cannot be stored", metadata: ["event": "\(event.envelope.id)"])
                return nil
            }
        }
        guard !missing.isEmpty else { return 0 }
        let count = try await store(missing)
        Counter(label: "webhook_repaired_total").increment(by: count)
        logger.warning(
            "events that were never delivered are stored now", metadata: ["count": "\(count)", "first": "\(missing[0].head.id)"])
        stored()
        return count
    }
}
