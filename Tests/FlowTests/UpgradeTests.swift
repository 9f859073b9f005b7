import DedicatedThread
import Foundation
import Logging
import Postgres
import TestKit
import Testing

@Suite("An installation whose services still own their tables")
struct UpgradeTests {
    /// Applied before there were owners.
    private static func isOld(_ migration: Migration) -> Bool {
        ![
            "V0005_upkeep_by_the_owner", "V0006_audit", "V0008_forgetting", "V0004_payloads_by_the_owner", "V0004_forgetting",
            "V0003_audit_heads", "V0004_refunds_of_ours", "V0009_refunds", "V0004_refunds_and_disputes",
            "V0010_changes_of_subscriptions", "V0005_duplicates",
            "V0005_subscriptions_and_attempts", "V0006_figures", "V0007_alert_remedies", "V0007_stripe_differences",
            "V0011_durations_of_discounts", "V0008_audit_difference", "V0009_outbox_pending", "V0005_pending_events", "V0010_by_time",
            "V0011_seal_from_behind", "V0012_faults_of_long_trails", "V0005_hints_by_customer", "V0006_read_turns",
            "V0013_lists_by_index", "V0006_lists_by_index", "V0014_markers", "V0007_returned_events",
        ].contains(migration.name)
    }

    @Test("goes over while they are at work, and then has its owners", .database, arguments: RoleTests.schemas.indices)
    func ownership(index: Int) async throws {
        let (role, _, schema) = RoleTests.schemas[index]
        let database = try #require(TestDatabase.current)
        try await database.superuser.query("ALTER SCHEMA \(unsafe: role) OWNER TO \(unsafe: role)")
        let old = try database.pool(role: role)
        try await migrate(
            old, schema.migrations.filter(Self.isOld), logger: Logger(label: "old", factory: { _ in SwiftLogNoOpLogHandler() }))

        let said = try await withThrowingTaskGroup(of: Int.self) { group in
            let over = Locked(false)
            group.addTask {
                var count = 0
                while !over.withLock({ $0 }) {
                    try await old.withTransaction { try await Self.say(number: count, $0) }
                    count += 1
                }
                return count
            }
            for _ in 0..<2 { try await database.playRoles() }
            over.withLock { $0 = true }
            return try await group.next() ?? 0
        }
        #expect(said > 0)
        let new = try await database.pool(role: role, with: schema)
        try await #expect(new.query("SELECT count(*) AS said FROM outbox")[0].get("said", as: Int64.self) == said)
        let owned = try await database.superuser.query(
            """
            SELECT count(*) AS count FROM pg_class WHERE relnamespace = to_regnamespace(\(role)) AND relowner <> to_regrole(\(role + "_owner"))
            """)
        try #expect(owned[0].get("count", as: Int64.self) == 0)
        let error = await #expect(throws: PostgresError.self) { try await new.query("DELETE FROM outbox_messages") }
        #expect(error?.code == .insufficientPrivilege)
    }

    /// What services do most: a message, and an id that was heard.
    private static func say(number: Int, _ transaction: PostgresTransaction) async throws {
        try await transaction.query(
            "INSERT INTO outbox (message_id, exchange, routing_key, body) VALUES (\("m-\(number)"), 'x', 'y', '')")
        try await transaction.query("INSERT INTO inbox (message_id, queue, status, done_at) VALUES (\("m-\(number)"), 'x', 'done', now())")
    }
}
