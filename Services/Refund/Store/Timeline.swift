import Foundation
import Models
import Postgres
import ServiceKit

/// What a customer asked back, got back and disputed, as sentences.
enum Timeline {
    static func entries(of user: UserID, behind place: TimedPlace?, limit: Int, in pool: PostgresPool) async throws -> [TimelineEntry] {
        let entries: Query = """
            SELECT 'request:' || id AS id, created_at AS at, 'refund.requested' AS kind, amount, currency FROM refund_requests
            WHERE user_id = \(user)
            UNION ALL
            SELECT 'rejected:' || id, updated_at, 'refund.rejected', amount, currency FROM refund_requests
            WHERE user_id = \(user) AND status = 'rejected'
            UNION ALL
            SELECT 'refund:' || id, refunded_at, CASE status WHEN 'succeeded' THEN 'refund.succeeded' WHEN 'failed' THEN 'refund.failed'
                                                          WHEN 'canceled' THEN 'refund.failed' ELSE 'refund.pending' END, amount, currency
            FROM refunds WHERE user_id = \(user)
            UNION ALL
            SELECT 'dispute:' || stripe_dispute_id, disputed_at, CASE status WHEN 'won' THEN 'dispute.won' WHEN 'lost' THEN 'dispute.lost'
                                                                          ELSE 'dispute.open' END, amount, currency
            FROM payment_disputes WHERE user_id = \(user)
            """
        return try await pool.query(TimelineEntry.page(of: entries, behind: place, limit: limit)).map { row in
            let kind: String = try row.get("kind")
            let sum = Money(try row.get("amount"), try row.get("currency"))
            return TimelineEntry(id: try row.get("id"), at: try row.get("told_at"), kind: kind, text: text(kind, "\(sum)"))
        }
    }

    private static func text(_ kind: String, _ sum: String) -> String {
        switch kind {
        case "refund.requested": "You asked for \(sum) back."
        case "refund.rejected": "Your request for \(sum) back was rejected."
        case "refund.succeeded": "\(sum) were given back to you."
        case "refund.failed": "\(sum) were to be given back to you, and did not arrive."
        case "refund.pending": "\(sum) are on their way back to you."
        case "dispute.won": "You disputed a charge of \(sum) with your bank, which decided that it stands."
        case "dispute.lost": "You disputed a charge of \(sum) with your bank, which gave it back to you."
        default: "You disputed a charge of \(sum) with your bank."
        }
    }
}
