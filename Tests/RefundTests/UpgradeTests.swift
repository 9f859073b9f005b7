import Postgres
import TestKit
import Testing

@testable import Refund

@Suite("A database from before refunds and disputes were snapshots")
struct UpgradeTests {
    @Test("keeps its rows, each as old as the object", .database)
    func upgraded() async throws {
        let database = try #require(TestDatabase.current)
        let pool = try await database.owner(of: "refund", after: refundSchema.migrations.prefix { $0.name != "V0003_snapshots" })
        try await pool.query(
            """
            INSERT INTO refunds (stripe_refund_id, amount, currency, status, progress, refunded_at)
            VALUES ('re_1', 500, 'usd', 'succeeded', 2, '2026-11-01Z')
            """)
        try await pool.query(
            """
            INSERT INTO payment_disputes (stripe_dispute_id, stripe_charge_id, amount, currency, reason, status, progress, disputed_at)
            VALUES ('du_1', 'ch_1', 1900, 'usd', 'fraudulent', 'lost', 6, '2026-11-02Z')
            """)
        _ = try await database.pool(role: "refund", with: refundSchema)
        let rows = try await pool.query(
            """
            SELECT status || (source_time = refunded_at) || read_ticket AS row FROM refunds
            UNION ALL SELECT status || (source_time = disputed_at) || read_ticket FROM payment_disputes
            """)
        #expect(try rows.map { try $0.get("row", as: String.self) } == ["succeededtrue0", "losttrue0"])
    }
}
