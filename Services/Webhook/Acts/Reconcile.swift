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
    private static let failed = Alert(
        "webhook_reconciliation_failed", remedy: "See whether Stripe answers and STRIPE_SECRET_KEY may list events.")
    private static let odd = Alert("webhook_odd_event_listed", remedy: "Look at it at Stripe and report its shape.")
    let pool: PostgresPool
    let stripe: StripeClient
    let accept: AcceptEvent
    let store: StoreEvents
    let now: @Sendable () -> Date
    /// How often events that could not be delivered are compared.
    let every: Duration
    /// Called when something was stored, to wake the relay.
    let stored: @Sendable () -> Void
    let logger: Logger

    /// Every so many passes all events are compared.
    private static let passesToFull = 12
    /// An event this young is most likely on its way; and Stripe's list may lack it for a moment. Where passes follow each other faster, the
    /// next one is early enough to wait for.
    private static let longestGrace: TimeInterval = 30
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
        if try await Reconciliations.isDue(.all, every: every * Self.passesToFull, in: pool) { try await run(.all) }
    }

    /// Compares one scope; how far it came is recorded.
    private func run(_ scope: Reconciliations.Scope) async throws {
        let reached = try await Reconciliations.reached(scope, in: pool)?.addingTimeInterval(-Self.overlap)
        let from = max(reached ?? now().addingTimeInterval(-Self.firstReach), now().addingTimeInterval(-Self.longestReach))
        let id = try await Reconciliations.begin(scope, from: from, in: pool)
        do {
            let through = try await compare(scope, from: from, record: id)
            try await Reconciliations.finish(id, through: through, in: pool)
            try await store.alerts.clear(Self.failed, about: scope.rawValue)
        } catch {
            // The reason is kept whatever stopped it, a shutdown apart: then the pass simply has no end.
            if !(error is CancellationError) {
                try await Reconciliations.fail(id, because: "\(error)", in: pool)
                try await store.alerts.raise(
                    Self.failed, about: scope.rawValue, "Stripe's list of events could not be read.")
            }
            throw error
        }
    }

    /// Page by page, the newest first; up to when it was complete, by Stripe's clock. Throws `Gap` when all the rest is read and something in
    /// between could not be.
    private func compare(_ scope: Reconciliations.Scope, from: Date, record id: Int64) async throws -> Date {
        var list = EventList(stripe: stripe, from: from, delivered: scope == .undelivered ? false : nil)
        var through: Date?
        while let read = try await list.next() {
            let end = through ?? read.readAt.addingTimeInterval(-min(Self.longestGrace, every / .seconds(1)))
            through = end
            let due = read.value.events.filter { $0.head.created <= end }
            let (repaired, refused) = due.isEmpty ? (0, []) : try await repair(due)
            let odd = read.value.oddRows + refused
            for row in odd { try await tell(of: row) }
            try await Reconciliations.count(id, seen: due.count, repaired: repaired, passedOver: odd.count, in: pool)
        }
        if let gap = list.gap { throw gap }
        return through ?? from
    }

    /// Stores what is missing of a page; how many, and which nobody can store. These do not stop the others.
    private func repair(_ events: [EventsPage.Event]) async throws -> (repaired: Int, refused: [EventsPage.OddRow]) {
        let known = try await pool.query(
            "SELECT stripe_event_id FROM stripe_webhooks WHERE stripe_event_id = ANY(\(events.map(\.head.id)))")
        let ids = Set(try known.map { try $0.get("stripe_event_id", as: EventID.self) })
        var missing: [ReceivedEvent] = []
        var refused: [EventsPage.OddRow] = []
        for event in events where !ids.contains(event.head.id) {
            do throws(WebhookRefusal) {
                missing.append(try accept(read: event.json))
            } catch {
                refused.append(.init(id: event.head.id.rawValue, reason: error.message))
            }
        }
        guard !missing.isEmpty else { return (0, refused) }
        let count = try await store(missing)
        Counter(label: "webhook_repaired_total").increment(by: count)
        logger.warning(
            "events that were never delivered are stored now", metadata: ["count": "\(count)", "first": "\(missing[0].head.id)"])
        stored()
        return (count, refused)
    }

    private func tell(of row: EventsPage.OddRow) async throws {
        Counter(label: "webhook_passed_over_total").increment()
        try await store.alerts.raise(
            Self.odd, about: String((row.id ?? "without id").prefix(255)),
            "Stripe lists it among the events, and it cannot be stored as one: \(row.reason).")
    }
}
