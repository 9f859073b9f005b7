import Foundation
import Logging
import Messages
import Messaging
import Postgres

/// What the table needs every few minutes: events that a subscriber never reported on are published again, payloads that are old enough
/// are removed.
struct Upkeep: Sendable {
    let outbox: Outbox
    let config: WebhookConfig
    let now: @Sendable () -> Date
    /// Called once events wait to be published, to wake the relay.
    let requested: @Sendable () -> Void
    let logger: Logger

    /// A statement of this size is over before anybody notices it.
    private static let batch = 500
    /// A pass takes at most this many batches; the rest has time until the next.
    private static let batches = 100

    func callAsFunction() async throws {
        try await publishSilent()
        try await stripOld()
    }

    private func publishSilent() async throws {
        let silent = try await outbox.transaction { work in
            work.afterCommit(requested)
            return try await Replays.requestSilent(for: config.silence, limit: Self.batch, in: work)
        }
        guard let first = silent.first else { return }
        logger.warning(
            "events that a subscriber has not reported on are published again", metadata: ["count": "\(silent.count)", "first": "\(first)"])
    }

    private func stripOld() async throws {
        let day = now().addingTimeInterval(-Double(config.retentionDays) * 86_400)
        var stripped = 0
        for _ in 0..<Self.batches {
            let count = try await StripeWebhooks.strip(before: day, limit: Self.batch, in: outbox.pool)
            stripped += count
            if count < Self.batch { break }
        }
        if stripped > 0 { logger.info("old payloads are removed", metadata: ["count": "\(stripped)"]) }
    }
}
