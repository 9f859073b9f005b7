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
            try await work.send(
                trail.change(
                    "discount.heard", of: "stripe_discount_id = \(discount.id)",
                    by: """
                        INSERT INTO discounts AS known (stripe_discount_id, percent_off, amount_off, ends_at, duration)
                        VALUES (\(discount.id), \(discount.percentOff), \(discount.amountOff), \(discount.end), \(discount.duration))
                        ON CONFLICT (stripe_discount_id) DO UPDATE SET ends_at = excluded.ends_at, duration = excluded.duration
                        """, calling: "known"))
        }
    }

    /// What these take off together: shares after one another, amounts added up, until the first of them ends; nil where none is known.
    static func together(_ ids: [String]?, in work: UnitOfWork) async throws -> SubscriptionChanged.Discount? {
        guard let ids else { return nil }
        let rows = try await work.query("SELECT * FROM discounts WHERE stripe_discount_id = ANY(\(ids)) ORDER BY stripe_discount_id")
        let all = try rows.map(Taken.init)
        guard all.contains(where: { $0.percent != nil || $0.amount != nil }) else { return nil }
        let lasting = all.filter(\.isLasting)
        return SubscriptionChanged.Discount(
            percentOff: Taken.percent(all), amountOff: Taken.amount(all), end: all.compactMap(\.end).min(),
            percentOffForever: Taken.percent(lasting) ?? 0, amountOffForever: Taken.amount(lasting) ?? 0)
    }

    /// What one of them takes off.
    private struct Taken {
        let percent: Double?
        let amount: Int64?
        let end: Date?
        /// Whether it does so for ever. Of those that were stored before this was asked, whether they have no end.
        let isLasting: Bool

        init(_ row: Row) throws {
            percent = try row.get("percent_off")
            amount = try row.get("amount_off")
            end = try row.get("ends_at")
            isLasting = try row.get("duration", as: String?.self).map { $0 == "forever" } ?? (end == nil)
        }

        /// Shares after one another.
        static func percent(_ all: [Taken]) -> Double? {
            let shares = all.compactMap(\.percent)
            guard shares.count > 1 else { return shares.first }
            return (1 - shares.reduce(1) { $0 * (1 - $1 / 100) }) * 100
        }

        static func amount(_ all: [Taken]) -> Int64? {
            let amounts = all.compactMap(\.amount)
            return amounts.isEmpty ? nil : amounts.reduce(0, +)
        }
    }
}
