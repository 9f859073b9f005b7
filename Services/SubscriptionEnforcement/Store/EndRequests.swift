import Messaging
import Models
import Postgres

/// The table `end_requests`.
enum EndRequests {
    /// Keeps that the end of a subscription is being asked for; false when it was before.
    static func note(_ reversal: Reversal, in work: UnitOfWork) async throws -> Bool {
        try await work.query(
            """
            INSERT INTO end_requests (stripe_subscription_id, reason, stripe_invoice_id)
            VALUES (\(reversal.subscription), \(reversal.reason), \(reversal.invoice)) ON CONFLICT (stripe_subscription_id) DO NOTHING
            """
        ).affectedRows == 1
    }
}
