import Messages
import Messaging
import Models
import Postgres

/// The table `unclaimed_events`: what was heard about somebody whom nobody knows yet.
enum UnclaimedEvents {
    private static let trail = AuditedTable(
        "unclaimed_events", key: "stripe_event_id", of: "event", user: "NULL::text", hiding: ["message"])

    /// Sets an event aside until its customer (or a guest's intent) is linked to a user.
    static func keep(_ event: StripeEventReceived, waitingFor key: String, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "event.set_aside", of: nil,
                by: """
                    INSERT INTO unclaimed_events (stripe_event_id, waiting_for, message)
                    VALUES (\(event.stripeEventID), \(key), \(try WireJSON.encode(event)))
                    ON CONFLICT (stripe_event_id) DO NOTHING
                    """))
    }

    /// Hands the events that waited for `key` back to the inbox, where they are taken up like any message that is due.
    static func revive(waitingFor key: String, in work: UnitOfWork) async throws {
        let rows = try await work.query(
            trail.removal(
                "event.taken_up", by: "DELETE FROM unclaimed_events WHERE waiting_for = \(key)", returning: "stripe_event_id, message"))
        for row in rows {
            let event = try WireJSON.decode(StripeEventReceived.self, from: row.get("message"))
            try await work.putBack(event, id: "\(event.stripeEventID)#claimed", queue: Topology.checkoutStripeEvents)
        }
    }
}
