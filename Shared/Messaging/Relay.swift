package import Logging
import Metrics
package import Postgres
package import RabbitMQ
import ServiceLifecycle

/// Publishes what waits in a table, oldest first, and marks each row only after the broker has confirmed it.
///
/// Woken at once by a commit in this process, and by the clock for rows of processes that died. Any number of replicas may run: rows
/// that one has locked are skipped by the others. A row that is published but not yet marked when the process dies is published
/// again, with the same message id.
package struct Relay: Service {
    private let pool: PostgresPool
    private let source: any RelaySource
    private let publisher: RabbitPublisher
    private let wake: WakeSignal
    private let scanInterval: Duration
    private let alerts: Alerts
    private let logger: Logger

    private static let unroutable = Alert(
        "messages_reach_no_queue",
        remedy: "See which exchange or queue is missing at the broker, and import the definitions; what waits goes out by itself then.")
    /// How often is looked whether such messages are gone.
    private static let review = Duration.seconds(10)

    /// How many rows are published and confirmed together: one confirm window of the publisher.
    private static let batch = 100
    /// How long after the beginning of one batch the next begins at the earliest, unless that was full: what is said meanwhile goes together, here
    /// and with whoever hears it. Whatever comes after a moment of rest goes at once.
    private static let pace = Duration.milliseconds(20)
    /// What is sent of few rows begins no batch any later: they are not worth waiting for.
    private static let few = 3
    /// Of several rows, how many times as long as a batch took passes from its beginning to the next, and how long at most: where the machine is
    /// busy, waiting for more costs less than sending them one by one.
    private static let share = 5
    private static let slowest = Duration.milliseconds(100)
    /// How long to leave a broker or database alone that has just failed.
    private static let pause = Duration.milliseconds(200)

    /// A relay for `source`. `scanInterval` bounds how long a row of a dead process waits.
    package init(
        pool: PostgresPool, source: any RelaySource, publisher: RabbitPublisher, wake: WakeSignal, scanInterval: Duration,
        logger: Logger
    ) {
        self.pool = pool
        self.source = source
        self.publisher = publisher
        self.wake = wake
        self.scanInterval = scanInterval
        self.logger = logger
        alerts = Alerts(pool: pool, logger: logger)
    }

    /// The relay of an ordinary outbox.
    package init(outbox: Outbox, publisher: RabbitPublisher, scanInterval: Duration, logger: Logger) {
        self.init(
            pool: outbox.pool, source: outbox, publisher: publisher, wake: outbox.wake, scanInterval: scanInterval, logger: logger)
    }

    /// Runs until cancelled or shut down gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var front = QueueFront<Int64>()
            var reviewed = ContinuousClock.now - Self.review
            while !Task.isCancelled {
                do {
                    let begun = ContinuousClock.now
                    let published = try await publishBatch(&front)
                    if begun - reviewed >= Self.review {
                        reviewed = begun
                        if try await !source.hasPostponed(in: pool) { try await alerts.clear(Self.unroutable, about: source.name) }
                    }
                    if published.isFull { continue }
                    let pace = published.taken < Self.few ? Self.pace : Self.pace(after: begun.duration(to: .now))
                    await wake.wait(for: scanInterval)
                    try await Task.sleep(until: begun + pace)
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("publishing failed, will try again", metadata: ["error": "\(error)"])
                    await wake.wait(for: Self.pause)
                }
            }
        }
    }

    private static func pace(after taken: Duration) -> Duration { min(max(pace, taken * share), slowest) }

    /// Publishes one batch.
    private func publishBatch(_ front: inout QueueFront<Int64>) async throws -> Published {
        let source = source
        let lowest = front.lowest(at: .now) ?? 0
        let outcome = try await pool.withTransaction { transaction -> Published in
            let rows = try await source.claim(limit: Self.batch, from: lowest, in: transaction)
            guard let newest = rows.last?.key else { return Published() }
            let results = try await publish(rows.map(\.publication))
            var confirmed: [Int64] = []
            var returned: [Int64] = []
            var unpublished: [(id: String, key: String, why: String)] = []
            for (row, result) in zip(rows, results) {
                if case .confirmed = result {
                    confirmed.append(row.key)
                } else {
                    returned.append(row.key)
                    unpublished.append((row.publication.messageID, row.publication.routingKey, "\(result)"))
                }
            }
            if !confirmed.isEmpty { try await source.markPublished(confirmed, in: transaction) }
            if !returned.isEmpty { try await source.postpone(returned, in: transaction) }
            let bytes = rows.map(\.bytes).reduce(0, +)
            return Published(
                taken: rows.count, isFull: rows.count == Self.batch || bytes >= relayBytes, newest: newest, unpublished: unpublished)
        }
        if let newest = outcome.newest { front.note(newest, at: .now) }
        Counter(label: "outbox_published_total").increment(by: outcome.taken - outcome.unpublished.count)
        if let first = outcome.unpublished.first {
            Counter(label: "outbox_unpublished_total").increment(by: outcome.unpublished.count)
            logger.error(
                "the broker did not take messages",
                metadata: ["count": "\(outcome.unpublished.count)", "message_id": "\(first.id)", "error": "\(first.why)"])
            let keys = Set(outcome.unpublished.map(\.key)).sorted().prefix(5).joined(separator: ", ")
            try await alerts.raise(Self.unroutable, about: source.name, "The broker does not take messages of \(keys): \(first.why).")
        }
        return outcome
    }

    private struct Published: Sendable {
        /// How many rows were taken.
        var taken = 0
        /// Whether that is as much as one batch may have.
        var isFull = false
        var newest: Int64?
        var unpublished: [(id: String, key: String, why: String)] = []
    }

    /// Publishes a batch. When the broker closes the channel over it, it does not say over which message: each exchange then gets a turn
    /// of its own, so that one which is missing, or which may not be written to, holds up only its own messages.
    private func publish(_ batch: [Publication]) async throws -> [PublishResult] {
        do {
            return try await publisher.publish(batch)
        } catch let error as RabbitError where error.isObjection {
            var results = [PublishResult](repeating: .refused, count: batch.count)
            for places in Dictionary(grouping: batch.indices, by: { batch[$0].exchange }).values {
                for (place, result) in zip(places, try await publishAlone(places.map { batch[$0] })) { results[place] = result }
            }
            return results
        }
    }

    private func publishAlone(_ batch: [Publication]) async throws -> [PublishResult] {
        do {
            return try await publisher.publish(batch)
        } catch let error as RabbitError where error.isObjection {
            return batch.map { _ in .returned(reason: error.detail) }
        }
    }
}
