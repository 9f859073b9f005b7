import Foundation
import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("A database from before looks that need no event")
struct UpgradeTests {
    @Test("keeps its evidence, and looks at everybody who is on or may come back", .database)
    func looks() async throws {
        let database = try #require(TestDatabase.current)
        let old = try await database.owner(
            of: "enforcement", after: enforcementSchema.migrations.prefix { $0.name != "V0003_looks_without_events" })
        try await old.query(
            """
            INSERT INTO customers (stripe_customer_id, user_id) SELECT 'cus_' || name, name FROM unnest(ARRAY['on', 'waits', 'unpaid', 'ended']) AS name
            """)
        try await old.query(
            """
            INSERT INTO known_subscriptions (stripe_subscription_id, stripe_customer_id, has_ended)
            VALUES ('sub_1', 'cus_on', false), ('sub_2', 'cus_unpaid', false), ('sub_3', 'cus_ended', true)
            """)
        try await old.query(
            """
            INSERT INTO access (user_id, wanted, generation, check_at)
            VALUES ('on', 'on', 1, NULL), ('waits', 'off', 0, now()), ('unpaid', 'off', 2, NULL), ('ended', 'off', 2, NULL)
            """)
        try await old.query(
            """
            INSERT INTO decisions (user_id, stripe_event_id, outcome, wanted, reason, generation, evidence, read_at)
            SELECT 'on', 'evt_' || number, 'keep', 'on', 'entitled', 1, jsonb_build_object('number', number), now() FROM generate_series(1, 3) AS number
            """)
        try await EnforcementBench.run { bench, _ in
            try await #expect(
                bench.value(
                    """
                    SELECT string_agg(stripe_event_id || ' ' || (evidence ->> 'number'), ',' ORDER BY stripe_event_id)
                    FROM decisions JOIN looks ON looks.id = look_id
                    """) == "evt_1 1,evt_2 2,evt_3 3")
            try await bench.pool.query("INSERT INTO looks (user_id, evidence, read_at) VALUES ('on', '{}', now())")
            let due = try await AccessClaims.claim(limit: 8, now: Date().addingTimeInterval(60), in: bench.pool).map(\.user.rawValue)
            #expect(due.sorted() == ["on", "unpaid", "waits"])
        }
    }
}
