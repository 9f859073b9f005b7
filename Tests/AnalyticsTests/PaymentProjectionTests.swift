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
    private static func payment(
        _ id: String, _ version: Int64, _ status: PaymentStatus = .succeeded, mergedInto survivor: String? = nil
    ) -> PaymentRecorded {
        PaymentRecorded(
            paymentID: PaymentID(id), version: version, userID: "user_1", amount: 1900, amountRefunded: 0, currency: "usd", status: status,
            paymentMethod: "card", planID: "basic", stripePaymentIntentID: nil, stripeInvoiceID: nil, stripeSubscriptionID: nil,
            createdAt: Date(timeIntervalSince1970: 1_795_406_400), mergedInto: survivor.map { PaymentID($0) })
    }

    /// An outbox in a migrated schema of analytics.
    private func makeOutbox() async throws -> Outbox {
        Outbox(pool: try await #require(TestDatabase.current).pool(role: "analytics", with: analyticsSchema), service: .analytics)
    }

    private func hear(_ payment: PaymentRecorded, _ outbox: Outbox) async throws {
        let outcome = try await outbox.transaction { work in try await PaymentRecordedHandler().apply(payment, (), in: work) }
        #expect(outcome == .done)
    }

    /// What counts, by payment.
    private func counted(_ outbox: Outbox, _ prefix: String) async throws -> String {
        let rows = try await outbox.pool.query(
            """
            SELECT coalesce(string_agg(concat_ws(' ', payment_id, status, amount), ', '), '') AS counted
            FROM payments WHERE merged_into IS NULL AND starts_with(payment_id, \(prefix))
            """)
        return try #require(rows.first).get("counted")
    }

    @Test("are those of the newest versions, and of merged ones only what stayed, in any order, each twice", .database)
    func anyOrder() async throws {
        let outbox = try await makeOutbox()
        for (number, order) in permutations(Array(0..<5)).enumerated() {
            let versions = [
                Self.payment("\(number)_a", 1, .pending), Self.payment("\(number)_a", 2, .failed), Self.payment("\(number)_a", 3),
                Self.payment("\(number)_b", 1), Self.payment("\(number)_b", 2, mergedInto: "\(number)_a"),
            ]
            for version in (order + order).map({ versions[$0] }) { try await hear(version, outbox) }
            try await #expect(counted(outbox, "\(number)_") == "\(number)_a succeeded 1900", "\(order)")
        }
    }

    @Test("a payment and its merge, heard at the same time, leave nothing that counts", .database)
    func together() async throws {
        let outbox = try await makeOutbox()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...40 {
                group.addTask { try await hear(Self.payment("\(number)_b", 1), outbox) }
                group.addTask { try await hear(Self.payment("\(number)_b", 2, mergedInto: "\(number)_a"), outbox) }
            }
            try await group.waitForAll()
        }
        try await #expect(counted(outbox, "") == "")
    }

    @Test("what had been merged before the table knew stays gone", .database)
    func migrated() async throws {
        let before = try await #require(TestDatabase.current)
            .owner(of: "analytics", after: analyticsSchema.migrations.filter { $0.name != "V0002_merged_payments" })
        try await before.query("INSERT INTO merged_payments (payment_id, merged_into) VALUES ('1_b', '1_a'), ('2_b', '2_a')")
        try await before.query(
            """
            INSERT INTO payments (payment_id, version, amount, amount_refunded, currency, status, paid_at)
            VALUES ('2_b', 1, 1900, 0, 'usd', 'succeeded', now())
            """)
        let after = try await makeOutbox()
        for number in 1...2 { try await hear(Self.payment("\(number)_b", 7), after) }
        try await #expect(counted(after, "") == "")
    }
}
