import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Stores events in one statement and looks into what is odd about them: the one path for what Stripe posts and for what is read from it.
struct StoreEvents: Sendable {
    let pool: PostgresPool
    let alerts: Alerts

    private static let conflicting = Alert(
        "webhook_conflicting_body",
        remedy:
            "Compare the event at Stripe with what is stored (GET /admin/webhooks/{id}), and roll the signing secret if neither is known there."
    )
    private static let foreignAccount = Alert(
        "webhook_foreign_account", remedy: "At Stripe, remove this address from the endpoints of connected or other accounts.")
    private static let foreignMode = Alert(
        "webhook_foreign_mode", remedy: "At Stripe, remove this address from the endpoints of the other mode.")

    /// Returns how many were new, once all are stored and every oddity is noted.
    @discardableResult
    func callAsFunction(_ events: [ReceivedEvent]) async throws -> Int { try await self(events, in: pool) }

    /// The same by a connection that the caller has.
    @discardableResult
    func callAsFunction(_ events: [ReceivedEvent], in database: some Querying) async throws -> Int {
        let stored = try await StripeWebhooks.insert(events, in: database)
        if stored < events.count { try await compare(events) }
        for event in events where event.foreign != nil { try await report(foreign: event) }
        return stored
    }

    /// Some were there already. The same event may differ in the count of deliveries that are outstanding, in its spaces when it was read
    /// from Stripe, and in all its object when it was rendered in another API version; in nothing else.
    private func compare(_ events: [ReceivedEvent]) async throws {
        for (event, stored) in try await StripeWebhooks.different(events, in: pool) {
            guard let signature = event.signatureHeader, let secret = event.secretFingerprint, !Self.isSame(event.rawData, stored) else {
                continue
            }
            try await EventConflicts.keep(event, signature: signature, secret: secret, in: pool)
            try await alerts.raise(
                Self.conflicting, about: event.head.id.rawValue, "The event came again, truly signed, with another body.")
        }
    }

    private func report(foreign event: ReceivedEvent) async throws {
        if event.head.account != nil {
            try await alerts.raise(
                Self.foreignAccount, about: event.head.account ?? "", "Events of an account that is not ours are delivered here.")
        } else {
            try await alerts.raise(
                Self.foreignMode, about: event.head.livemode ? "live" : "test",
                "Events of the other mode are delivered here: an endpoint at Stripe has the wrong address.")
        }
    }

    private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard let one = members(of: one), let other = members(of: other) else { return false }
        if let version = one["api_version"] as? String, let another = other["api_version"] as? String, version != another { return true }
        return one.isEqual(other)
    }

    private static func members(of json: [UInt8]) -> NSDictionary? {
        let json = Data(LoneSurrogates.replaced(in: json))
        guard var members = (try? JSONSerialization.jsonObject(with: json)) as? [String: Any] else { return nil }
        members["pending_webhooks"] = nil
        return members as NSDictionary
    }
}
