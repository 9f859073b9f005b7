package import Foundation
package import Logging
package import Messages
import Postgres
package import RabbitMQ

/// Finds out that the broker has lost what it had confirmed, and asks for it again.
///
/// A broker whose disk is gone comes back with all its queues, made anew from the definitions before anybody looks, and empty: which proves
/// nothing. So a marker lies in a queue of the service's own, and when it is gone, so is what lay in the others. A queue that is missing by itself is
/// noted by whoever sees that, and counts as lost once it is back.
package struct BrokerLoss: Sendable {
    /// Those whose messages it asks for.
    package let queues: [String]
    private let outbox: Outbox
    private let rabbit: RabbitConfiguration
    private let alerts: Alerts
    private let logger: Logger

    /// The broker's losses of `queues`, those that the service consumes.
    package init(outbox: Outbox, queues: [String], rabbit: RabbitConfiguration, logger: Logger) {
        self.outbox = outbox
        self.queues = queues
        self.rabbit = rabbit
        self.logger = logger
        alerts = Alerts(pool: outbox.pool, logger: logger)
    }

    private static let lost = Alert(
        "broker_lost_messages",
        remedy: "Find out why the broker lost its data or the queue. What was said since is published again by itself, and this ends then.")
    /// What is heard of a queue comes nearly in the order in which it was said: a message that was put off, or whose relay stood still, comes later.
    private static let margin: TimeInterval = 3600
    /// How long messages are kept by those who said them.
    private static let kept: TimeInterval = 7 * 86_400

    /// Notes that a queue is missing. Safe to repeat.
    package func note(missing queue: String) async throws {
        try await outbox.transaction { work in
            try await work.query("INSERT INTO lost_queues (queue) VALUES (\(queue)) ON CONFLICT (queue) DO NOTHING")
            try await alerts.raise(Self.lost, about: queue, "The queue \(queue) was missing at the broker.", in: work)
        }
    }

    /// Looks whether anything was lost, and asks for it again where it can be heard by now.
    package func look() async throws {
        try await lookForMarker()
        try await askForMissing()
    }

    /// Asks for all that was said to `queues`, which the service consumes, since then.
    package func ask(since: Date, in work: UnitOfWork) throws {
        for queue in queues { try work.publish(RedeliveryRequested(queue: queue, since: since)) }
    }

    private func lookForMarker() async throws {
        let queue = Topology.marker(of: outbox.service).name
        let placed = try await outbox.pool.query(
            """
            SELECT message_id, EXISTS (SELECT FROM outbox_pending JOIN outbox_said USING (id, said_at)
                                       WHERE outbox_said.message_id = broker_marker.message_id) AS is_on_its_way
            FROM broker_marker
            """
        ).first
        guard let placed else { return try await outbox.transaction { work in try await place(in: work) } }
        if try placed.get("is_on_its_way") { return }
        let marker: String = try placed.get("message_id")
        if try await queueHolds(marker, in: queue, configuration: rabbit) { return try await alerts.clear(Self.lost, about: queue) }
        logger.error("the broker has lost what it held", metadata: ["marker": "\(marker)"])
        try await outbox.transaction { work in
            try await place(in: work)
            try await ask(for: queues, in: work)
            try await alerts.raise(Self.lost, about: queue, "The broker has lost what lay in its queues.", in: work)
        }
    }

    private func place(in work: UnitOfWork) async throws {
        let id = UUID.timeOrdered()
        try work.publish(BrokerMarker(service: work.service), id: id)
        try await work.query(
            """
            INSERT INTO broker_marker (message_id) VALUES (\(id))
            ON CONFLICT (is_only) DO UPDATE SET message_id = excluded.message_id, placed_at = now()
            """)
    }

    private func askForMissing() async throws {
        let rows = try await outbox.pool.query("SELECT queue FROM lost_queues ORDER BY queue")
        let missing = try rows.map { try $0.get("queue", as: String.self) }
        for state in try await queueStates(missing, configuration: rabbit, logger: logger) where state.exists {
            try await outbox.transaction { work in
                try await work.query("DELETE FROM lost_queues WHERE queue = \(state.name)")
                try await ask(for: [state.name], in: work)
                try await alerts.clear(Self.lost, about: state.name, in: work)
            }
        }
    }

    /// Asks for what was said to each of `queues` since shortly before the newest of what was heard there; for all that is kept, where nothing was.
    private func ask(for queues: [String], in work: UnitOfWork) async throws {
        try await work.transaction.readWholeTables()
        let rows = try await work.query(
            """
            SELECT lost.queue, max(said_at) AS newest FROM unnest(\(queues)) AS lost (queue)
            LEFT JOIN inbox_done AS done ON done.queue = lost.queue AND said_at > '-infinity' GROUP BY lost.queue ORDER BY lost.queue
            """)
        let oldest = Date(timeIntervalSinceNow: -Self.kept)
        for row in rows {
            let queue: String = try row.get("queue")
            let since = max(oldest, try row.get("newest", as: Date?.self)?.addingTimeInterval(-Self.margin) ?? oldest)
            logger.notice("what was said to a queue is asked for again", metadata: ["lost": "\(queue)", "since": "\(since)"])
            try work.publish(RedeliveryRequested(queue: queue, since: since))
        }
    }
}

/// A queue was lost: what this service said to it is published again.
package struct RedeliveryHandler: MessageHandler {
    private let service: ServiceName
    private let sources: [any RelaySource]
    private let logger: Logger

    /// The handler of a service that publishes from `sources`.
    package init(service: ServiceName, sources: [any RelaySource], logger: Logger) {
        self.service = service
        self.sources = sources
        self.logger = logger
    }

    /// Publishes it again, with the same ids.
    package func apply(_ request: RedeliveryRequested, _: Void, in work: UnitOfWork) async throws -> Outcome {
        let keys = Topology.keys(from: service, to: request.queue)
        guard !keys.isEmpty else { return .done }
        var count = 0
        for source in sources { count += try await source.publishAgain(keys, since: request.since, in: work) }
        let metadata: Logger.Metadata = ["lost": "\(request.queue)", "since": "\(request.since)", "count": "\(count)"]
        work.afterCommit { [logger] in logger.notice("what a queue has lost is published again", metadata: metadata) }
        return .done
    }
}
