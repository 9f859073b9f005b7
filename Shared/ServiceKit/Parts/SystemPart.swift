package import Foundation
package import Hummingbird
package import Logging
import Messages
package import Messaging
import Postgres
import RabbitMQ

/// How a service stands: what waits, what failed, what is done every so often, and what an operator must look at.
package struct SystemState: ResponseCodable, Sendable {
    /// What is committed and not published yet.
    struct Waiting: Codable, Sendable {
        var table: String
        var count: Int64
        /// Since when the first of them waits.
        var since: Date?
    }
    /// A message that will not be tried again by itself.
    struct Parked: Codable, Sendable {
        var messageID: String
        var queue: String
        var attempts: Int32
        var lastError: String?
        var receivedAt: Date
    }
    /// Messages that failed.
    struct Failed: Codable, Sendable {
        /// Those that are tried again.
        var retrying: Int64
        var parked: Int64
        /// The newest of those that are parked, at most fifty.
        var newest: [Parked]
    }
    /// Work that is done every so often.
    struct Periodic: Codable, Sendable {
        var name: String
        var nextAt: Date
        var isRunning: Bool
        /// It was due a minute ago, and nobody is at it.
        var isOverdue: Bool
    }
    /// Something that is wrong and was not cleared.
    package struct Raised: Codable, Sendable {
        var service: ServiceName
        var code: String
        var subject: String
        var detail: String
        var whatToDo: String
        /// When it was raised.
        package var since: Date
        var lastAt: Date
        var times: Int32
    }

    var service: ServiceName
    /// Those that it consumes from, and that its messages reach.
    var queues: [QueueState]
    var outboxes: [Waiting]
    var messages: Failed
    var periodicWork: [Periodic]
    /// The newest first, at most two hundred.
    package var alerts: [Raised]
}

/// `GET /parts/system`: how a service stands, for analytics, which composes all of them, and for admins themselves; and what they may do about it
/// (`SystemActs`).
package struct SystemPart: Sendable {
    private let acts: SystemActs
    private let service: ServiceName
    private let pool: PostgresPool
    private let queues: QueueWatch
    private let ownOutbox: (table: String, pending: String)?

    /// The part of the service that speaks by `outbox`. `ownOutbox` is a table that is its own outbox and has `received_at`, with the table of the ids that
    /// are to be published.
    package init(
        _ outbox: Outbox, messages: MessageParts, ownOutbox: (table: String, pending: String)? = nil, logger: Logger
    ) {
        service = outbox.service
        pool = outbox.pool
        acts = SystemActs(outbox, messages: messages, logger: logger)
        queues = messages.queues
        self.ownOutbox = ownOutbox
    }

    /// Adds the routes.
    package func register(on routes: RouterGroup<AdminContext>) {
        acts.register(on: routes)
        routes.get("parts/system") { _, _ in try await state() }
    }

    private func state() async throws -> SystemState {
        let ours: Query = """
            SELECT count(*) AS count,
                   min(coalesce(said_at, (SELECT created_at FROM outbox_messages AS message WHERE message.id = pending.id))) AS since
            FROM outbox_pending AS pending
            """
        var outboxes = [try await waiting("outbox", ours)]
        if let (table, pending) = ownOutbox {
            let rows: Query = "\(unsafe: pending) JOIN \(unsafe: table) USING (id)"
            outboxes.append(try await waiting(table, "SELECT count(*) AS count, min(received_at) AS since FROM \(query: rows)"))
        }
        return SystemState(
            service: service, queues: queues.queues, outboxes: outboxes, messages: try await failed(), periodicWork: try await periodic(),
            alerts: try await alerts())
    }

    private func waiting(_ name: String, _ state: Query) async throws -> SystemState.Waiting {
        let row = try await pool.query(state)[0]
        return .init(table: name, count: try row.get("count"), since: try row.get("since"))
    }

    private func failed() async throws -> SystemState.Failed {
        let counts = try await pool.query(
            """
            SELECT (SELECT count(*) FROM inbox WHERE status = 'retry') AS retrying, (SELECT count(*) FROM inbox WHERE status = 'parked') AS parked
            """)[0]
        let newest = try await pool.query(
            """
            SELECT message_id, queue, attempts, last_error, received_at FROM inbox WHERE status = 'parked' ORDER BY received_at DESC LIMIT 50
            """
        ).map { row in
            SystemState.Parked(
                messageID: try row.get("message_id"), queue: try row.get("queue"), attempts: try row.get("attempts"),
                lastError: try row.get("last_error"), receivedAt: try row.get("received_at"))
        }
        return .init(retrying: try counts.get("retrying"), parked: try counts.get("parked"), newest: newest)
    }

    private func periodic() async throws -> [SystemState.Periodic] {
        try await pool.query(
            """
            SELECT name, next_at, coalesce(leased_until > now(), false) AS is_running,
                   next_at < now() - interval '1 minute' AND coalesce(leased_until <= now(), true) AS is_overdue
            FROM periodic_work ORDER BY name
            """
        ).map { row in
            SystemState.Periodic(
                name: try row.get("name"), nextAt: try row.get("next_at"), isRunning: try row.get("is_running"),
                isOverdue: try row.get("is_overdue"))
        }
    }

    private func alerts() async throws -> [SystemState.Raised] {
        try await pool.query("SELECT * FROM alerts WHERE cleared_at IS NULL ORDER BY raised_at DESC, code, subject LIMIT 200").map { row in
            SystemState.Raised(
                service: service, code: try row.get("code"), subject: try row.get("subject"), detail: try row.get("detail"),
                whatToDo: try row.get("remedy"), since: try row.get("raised_at"), lastAt: try row.get("last_at"),
                times: try row.get("times"))
        }
    }
}
