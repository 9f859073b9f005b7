import Messaging
import Models
import Postgres

/// The table `end_requests`.
enum EndRequests {
    private static let trail = AuditedTable("end_requests", key: "stripe_subscription_id", of: "subscription", user: "NULL::text")

    /// Keeps that the end of a subscription is being asked for; false when it was before.
    static func note(_ reversal: Reversal, in work: UnitOfWork) async throws -> Bool {
        try await work.query(
            trail.change(
                "subscription.end_requested", of: nil,
                by: """
                    INSERT INTO end_requests (stripe_subscription_id, reason, stripe_invoice_id)
                    VALUES (\(reversal.subscription), \(reversal.reason), \(reversal.invoice)) ON CONFLICT (stripe_subscription_id) DO NOTHING
                    """)
        ).affectedRows == 1
    }
}
