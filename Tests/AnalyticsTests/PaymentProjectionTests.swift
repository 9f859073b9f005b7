import Foundation
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Analytics

@Suite("The payments that figures are made of")
struct PaymentProjectionTests {
    /// What counts, by payment.
    private func counted(_ bench: AnalyticsBench, _ prefix: String) async throws -> String {
        let rows = try await bench.outbox.pool.query(
            """
            SELECT coalesce(string_agg(concat_ws(' ', payment_id, status, amount), ', '), '') AS counted
            FROM payments WHERE merged_into IS NULL AND starts_with(payment_id, \(prefix))
            """)
        return try #require(rows.first).get("counted")
    }

    @Test("are those of the newest versions, and of merged ones only what stayed, in any order, each twice", .database)
    func anyOrder() async throws {
        let bench = try await AnalyticsBench.make()
        for (number, order) in permutations(Array(0..<5)).enumerated() {
            let versions = [
                Fact.payment("\(number)_a", 1, .pending, at: "2026-01-01"), .payment("\(number)_a", 2, .failed, at: "2026-01-01"),
                .payment("\(number)_a", 3, at: "2026-01-01"), .payment("\(number)_b", 1, at: "2026-01-01"),
                .payment("\(number)_b", 2, at: "2026-01-01", mergedInto: "\(number)_a"),
            ]
            for version in (order + order).map({ versions[$0] }) { try await bench.hear([version]) }
            try await #expect(counted(bench, "\(number)_") == "\(number)_a succeeded 1900", "\(order)")
        }
    }

    @Test("a payment and its merge, heard at the same time, leave nothing that counts", .database)
    func together() async throws {
        let bench = try await AnalyticsBench.make()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                group.addTask { try await bench.hear([.payment("\(number)_b", 1, at: "2026-01-01")]) }
                group.addTask {
                    try await bench.hear([.payment("\(number)_b", 2, at: "2026-01-01", mergedInto: "\(number)_a")])
                }
            }
            try await group.waitForAll()
        }
        try await #expect(counted(bench, "") == "")
    }

    @Test("what had been merged before the table knew stays gone", .database)
    func migrated() async throws {
        let before = try await #require(TestDatabase.current)
            .owner(of: "analytics", after: analyticsSchema.migrations.prefix { $0.name != "V0002_merged_payments" } + [])
        try await before.query("INSERT INTO merged_payments (payment_id, merged_into) VALUES ('1_b', '1_a'), ('2_b', '2_a')")
        try await before.query(
            """
            INSERT INTO payments (payment_id, version, amount, amount_refunded, currency, status, paid_at)
            VALUES ('2_b', 1, 1900, 0, 'usd', 'succeeded', now())
            """)
        let after = try await AnalyticsBench.make()
        for number in 1...2 { try await after.hear([.payment("\(number)_b", 7, at: "2026-01-01")]) }
        try await #expect(counted(after, "") == "")
    }
}
