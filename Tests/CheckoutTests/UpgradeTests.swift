import Foundation
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("A database from before payments were words")
struct UpgradeTests {
    @Test("keeps its rows, and goes on with them", .database)
    func upgraded() async throws {
        let database = try #require(TestDatabase.current)
        let pool = try await database.owner(
            of: "checkout", after: checkoutSchema.migrations.prefix { $0.name != "V0004_words_and_snapshots" })
        try await pool.query(
            """
            INSERT INTO invoices (stripe_invoice_id, stripe_subscription_id, plan_id, attempt_count, paid)
            VALUES ('in_1', 'sub_1', 'basic', 1, true), ('in_2', 'sub_1', 'basic', 2, false)
            """)
        try await pool.query(
            """
            INSERT INTO payments (user_id, stripe_payment_intent_id, stripe_invoice_id, amount, status, payment_method, created_at)
            VALUES ('user_1', 'pi_1', 'in_1', 1900, 'succeeded', 'card', '2026-11-01Z'), ('user_1', 'pi_2', NULL, 1900, 'failed', NULL, '2026-11-01Z')
            """)
        _ = try await database.pool(role: "checkout", with: checkoutSchema)
        let rows = try await pool.query(
            "SELECT concat_ws(' ', stripe_payment_intent_id, paid_at = created_at, word_at = created_at) AS row FROM payments ORDER BY 1")
        #expect(try rows.map { try $0.get("row", as: String.self) } == ["pi_1 t t", "pi_2 t"])
        let unpaid = try await pool.query(Invoices.unpaid(of: "'sub_1'", waits: "false")).first
        #expect(try unpaid?.get("stripe_invoice_id") == "in_2" && unpaid?.get("plan_id") == "basic")
    }
}
