import Foundation
import Models
import Postgres
import ServiceKit

/// When a customer's VM was allowed to run and when not, and why, as sentences.
enum Timeline {
    static func entries(of user: UserID, behind place: TimedPlace?, limit: Int, in pool: PostgresPool) async throws -> [TimelineEntry] {
        let entries: Query = """
            SELECT 'command:' || command_id AS id, issued_at AS at, kind, reason FROM vm_commands WHERE user_id = \(user)
            """
        return try await pool.query(TimelineEntry.page(of: entries, behind: place, limit: limit)).map { row in
            let isOn = try row.get("kind", as: String.self) == "vm.restore.v1"
            let reason: String = try row.get("reason")
            return TimelineEntry(
                id: try row.get("id"), at: try row.get("told_at"), kind: isOn ? "vm.on" : "vm.off",
                text: isOn ? "Your VM may run." : "Your VM was switched off: \(reasons[reason] ?? reason.replacing("_", with: " ")).")
        }
    }

    private static let reasons = [
        "payment_failed": "the payment failed, and was tried as often as it is", "canceled": "the subscription has ended",
        "unpaid": "the subscription is not paid", "paused": "the subscription is paused",
        "incomplete_expired": "the first payment was never made",
        "disputed": "a charge was disputed", "refunded": "the payment was given back", "erased": "the account was erased",
    ]
}
