import Foundation
import Messaging
import Metrics
import Models
import Postgres

/// Puts before an admin what was paid and runs no VM: money of a subscription that had ended, at once; of a user whose VM has been off since
/// before it came, once bringing the VM back has had its time.
///
/// Whatever is restored or given back meanwhile is no orphan, and its alert is cleared.
struct WatchOrphanMoney: Sendable {
    let pool: PostgresPool
    let alerts: Alerts
    /// `ORPHAN_MONEY_MINUTES`: by then it is restored, given back, or before an admin.
    let bound: Duration
    /// Stripe's time.
    let now: @Sendable () -> Date

    static let alert = Alert(
        "orphan_money", remedy: "Give the money back (POST /admin/process-refund), or see why the customer's VM is off.")

    func callAsFunction() async throws {
        let orphans = try await Payments.orphans(at: now(), grace: bound / 2, in: pool)
        Gauge(label: "orphan_payments").record(orphans.count)
        for orphan in orphans { try await alerts.raise(Self.alert, about: orphan.payment.rawValue, orphan.why) }
        let known = Set(orphans.map(\.payment.rawValue))
        for subject in try await alerts.raised(Self.alert) where !known.contains(subject) {
            try await alerts.clear(Self.alert, about: subject)
        }
    }
}
