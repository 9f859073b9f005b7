package import Logging
import Postgres

/// Messages that were given up after their last try, or could never be taken: they lie in the inbox until an admin puts them back.
package struct ParkedMessages: Sendable {
    private let outbox: Outbox
    private let alerts: Alerts

    static let alert = Alert(
        "message_parked",
        remedy:
            "See why under parked messages; once the reason has gone, POST /admin/system/{service}/parked/{message_id}/retry puts it back.")

    /// Those of the service that speaks by `outbox`.
    package init(outbox: Outbox, logger: Logger) {
        self.outbox = outbox
        alerts = Alerts(pool: outbox.pool, logger: logger)
    }

    /// What a message is that is to be put back.
    package enum Found: Sendable {
        /// It was parked, and is tried again from now on as if it had come for the first time.
        case putBack
        /// It is here, and not parked.
        case notParked
        /// Nobody has heard of it.
        case unknown
    }

    /// Has a message tried again, and its alert end.
    package func putBack(_ id: String) async throws -> Found {
        try await outbox.transaction { work in
            let put = try await work.query(
                "UPDATE inbox SET status = 'retry', attempts = 0, next_attempt_at = now() WHERE message_id = \(id) AND status = 'parked'")
            guard put.affectedRows == 1 else {
                return try await work.query("SELECT FROM inbox_heard WHERE message_id = \(id)").isEmpty ? .unknown : .notParked
            }
            try await work.query(AuditEntry("message.put_back", "message", id).statement)
            try await alerts.clear(Self.alert, about: id, in: work)
            return .putBack
        }
    }
}
