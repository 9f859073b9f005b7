import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Webhook

@Suite("What subscribers report of events")
struct EventOutcomeTests {
    /// An event of a type with two subscribers, and one of a type with one.
    private static func outbox() async throws -> Outbox {
        let pool = try await #require(TestDatabase.current).pool(role: "webhook", with: webhookSchema)
        try await pool.query(
            """
            INSERT INTO stripe_webhooks (stripe_event_id, event_type, livemode, stripe_created_at, raw_data, signature_header, secret_fingerprint,
                                         processed)
            SELECT id, type, false, now(), '{}', 't=1', '00000000', false
            FROM (VALUES ('evt_1', 'invoice.paid'), ('evt_2', 'customer.created')) AS event (id, type)
            """)
        return Outbox(pool: pool, service: .webhook)
    }

    private static func report(
        _ event: EventID, _ service: ServiceName, _ outcome: EventHandled.Outcome, _ error: String? = nil, user: UserID? = nil,
        id: String
    ) -> Heard<EventHandled> {
        Heard(id: id, message: EventHandled(stripeEventID: event, service: service, outcome: outcome, error: error, userID: user))
    }

    private static func state(_ outbox: Outbox) async throws -> [String] {
        try await outbox.pool.query(
            """
            SELECT concat_ws(' ', stripe_event_id, CASE WHEN processed THEN 'processed' END, user_id, processing_error, (
                SELECT string_agg(concat_ws(':', service, outcome, attempts), ' ' ORDER BY service) FROM event_outcomes AS outcome
                WHERE outcome.stripe_event_id = event.stripe_event_id)) AS state
            FROM stripe_webhooks AS event ORDER BY stripe_event_id
            """
        ).map { try $0.get("state") }
    }

    @Test("is recorded for many at once: an event is processed once all have succeeded, and one that is unknown is named", .database)
    func together() async throws {
        let outbox = try await Self.outbox()
        let unknown = try await outbox.transaction { work in
            try await EventOutcomes.record(
                [
                    Self.report("evt_1", .checkout, .failed, "no time", id: "a"),
                    Self.report("evt_9", .checkout, .handled, id: "b"),
                    Self.report("evt_2", .checkout, .failed, "boom", id: "c"),
                    Self.report("evt_1", .enforcement, .ignored, id: "d"),
                    Self.report("evt_1", .checkout, .handled, user: "user_1", id: "e"),
                ], in: work)
        }
        #expect(unknown.map(\.id) == ["b"])
        try await #expect(
            Self.state(outbox) == [
                "evt_1 processed user_1 checkout:handled:2 enforcement:ignored:1", "evt_2 checkout: boom checkout:failed:1",
            ])
    }

    @Test("a success is not taken back by a failure that is heard later, in the same delivery or another", .database)
    func late() async throws {
        let outbox = try await Self.outbox()
        for reports in [
            [Self.report("evt_2", .checkout, .handled, id: "a"), Self.report("evt_2", .checkout, .failed, "late", id: "b")],
            [Self.report("evt_2", .checkout, .failed, "later", id: "c")],
        ] {
            let unknown = try await outbox.transaction { work in try await EventOutcomes.record(reports, in: work) }
            #expect(unknown.isEmpty)
        }
        try await #expect(Self.state(outbox) == ["evt_1", "evt_2 processed checkout:handled:3"])
    }

    @Test("leaves one entry in the trail for all that came together, which says of each what it is", .database)
    func trail() async throws {
        let outbox = try await Self.outbox()
        try await outbox.transaction { work in
            _ = try await EventOutcomes.record(
                [
                    Self.report("evt_1", .checkout, .handled, id: "a"), Self.report("evt_2", .checkout, .failed, "boom", id: "b"),
                ], in: work)
        }
        let entries = try await outbox.pool.query(
            "SELECT after::text AS after FROM audit_page(NULL, NULL, 'events.reported', NULL, NULL, NULL, NULL, 9)")
        #expect(
            try entries.map { try $0.get("after", as: String.self) } == [
                #"{"evt_1 checkout": {"outcome": "handled", "attempts": 1}, "evt_2 checkout": {"error": "boom", "outcome": "failed", "attempts": 1}}"#
            ])
    }
}
