import Messages
import Messaging
import Models
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

@Suite("A database from before refunds could be made here")
struct RefundUpgradeTests {
    @Test("counts what was given back, and tells of it", .database)
    func told() async throws {
        let database = try #require(TestDatabase.current)
        let pool = try await database.owner(of: "refund", after: refundSchema.migrations.prefix { $0.name != "V0004_refunds_of_ours" })
        try await pool.query(
            """
            INSERT INTO refundable_payments (payment_id, version, user_id, stripe_payment_intent_id, amount, amount_refunded, currency, status, paid_at)
            VALUES ('pay_1', 3, 'user_1', 'pi_1', 1900, 0, 'usd', 'succeeded', '2026-11-01Z')
            """)
        for (id, amount, status) in [("re_1", 500, "succeeded"), ("re_2", 300, "failed")] {
            try await pool.query(
                """
                INSERT INTO refunds (stripe_refund_id, stripe_payment_intent_id, payment_id, user_id, amount, currency, status, refunded_at,
                                     source_time, read_ticket)
                VALUES (\(id), 'pi_1', 'pay_1', 'user_1', \(amount), 'usd', \(status), '2026-11-02Z', '2026-11-02Z', 1)
                """)
        }
        try await pool.query(
            """
            INSERT INTO payment_disputes (stripe_dispute_id, stripe_charge_id, payment_id, amount, currency, reason, status, disputed_at,
                                          source_time, read_ticket)
            VALUES ('du_1', 'ch_1', 'pay_1', 1900, 'usd', 'fraudulent', 'lost', '2026-11-02Z', '2026-11-02Z', 1)
            """)
        let new = try await database.pool(role: "refund", with: refundSchema)
        try await #expect(
            new.query("SELECT reserved || ' ' || elsewhere || ' ' || refunds_version AS row FROM refundable_payments")[0].get("row")
                == "0 500 1")
        let bodies = try await new.query("SELECT body FROM outbox ORDER BY message_id").map { try $0.get("body", as: [UInt8].self) }
        let dispute = try WireJSON.decode(CloudEvent<DisputeChanged>.self, from: bodies[0])
        #expect(dispute.data.status == "lost" && dispute.data.version == 1 && dispute.type == DisputeChanged.key)
        let refunds = try bodies.dropFirst().map { try WireJSON.decode(CloudEvent<RefundChanged>.self, from: $0).data }
        #expect(
            refunds.map { "\($0.stripeRefundID ?? "") \($0.status) \($0.paymentAmountRefunded)" } == [
                "re_1 succeeded 500", "re_2 failed 500",
            ])
    }
}
