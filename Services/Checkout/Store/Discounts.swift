import Foundation
import Messages
import Messaging
import Models
import Postgres

/// The table `discounts`: what takes something off subscriptions. What one takes off never changes.
enum Discounts {
    private static let trail = AuditedTable("discounts", key: "stripe_discount_id", of: "discount", user: "NULL::text")

    /// Whether all of them are known.
    static func know(_ ids: [String], in pool: PostgresPool) async throws -> Bool {
        try await pool.query("SELECT FROM discounts WHERE stripe_discount_id = ANY(\(ids))").count == Set(ids).count
    }

    static func store(_ discounts: [DiscountFacts], in work: UnitOfWork) async throws {
        for discount in discounts {
            try await work.query(
                trail.change(
                    "discount.heard", of: "stripe_discount_id = \(discount.id)",
                    by: """
                        INSERT INTO discounts AS known (stripe_discount_id, percent_off, amount_off, ends_at)
                        VALUES (\(discount.id), \(discount.percentOff), \(discount.amountOff), \(discount.end))
                        ON CONFLICT (stripe_discount_id) DO UPDATE SET ends_at = excluded.ends_at
                        """, calling: "known"))
        }
    }

    /// What these take off together: shares after one another, amounts added up, until the first of them ends; nil where none is known.
    static func together(_ ids: [String]?, in work: UnitOfWork) async throws -> SubscriptionChanged.Discount? {
        guard let ids else { return nil }
        let rows = try await work.query("SELECT * FROM discounts WHERE stripe_discount_id = ANY(\(ids)) ORDER BY stripe_discount_id")
        let shares = try rows.compactMap { try $0.get("percent_off", as: Double?.self) }
        let amounts = try rows.compactMap { try $0.get("amount_off", as: Int64?.self) }
        guard !shares.isEmpty || !amounts.isEmpty else { return nil }
        let left = shares.reduce(1) { $0 * (1 - $1 / 100) }
        return SubscriptionChanged.Discount(
            percentOff: shares.isEmpty ? nil : shares.count == 1 ? shares[0] : (1 - left) * 100,
            amountOff: amounts.isEmpty ? nil : amounts.reduce(0, +),
            end: try rows.compactMap { try $0.get("ends_at", as: Date?.self) }.min())
    }
}
