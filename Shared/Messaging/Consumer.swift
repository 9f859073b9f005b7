package import Logging
package import Messages
import Metrics
package import RabbitMQ
import ServiceLifecycle

/// Applies the messages of one queue, each exactly once, whatever is delivered twice, late or in another order.
///
/// Up to 100 messages share a transaction: their ids go into the inbox, their effects into the rows, what follows into the outbox; only
/// then the broker hears the acknowledgement. One that cannot be done is left out, and the others are applied without it; it is then tried
/// alone. What was delivered before is tried from the inbox, each try committed before it is made: a message that ends the process three times is
/// parked, and those beside it are not. A message that fails by itself is kept in the inbox with its body and acknowledged: the broker never holds retry state, and nothing waits behind it.
package struct Consumer: Service {
    private let subscription: RabbitConsumer
    private let retries: RetryWorker
    private let noteMissing: @Sendable () async throws -> Void
    private let sightings: AsyncStream<Void>
    private let logger: Logger

    /// How many unacknowledged messages the broker hands out: two full batches, so that the next is here when one commits.
    private static let prefetch = 200
    private static let batch = 100

    /// A consumer of `queue`. A delivery waits for `patience` for what its messages need from outside; those that need longer are tried again by
    /// themselves. `noteMissing` is called when the queue was found to be gone, and again until it does not throw.
    package init(
        queue: Topology.Queue, dispatch: Dispatch, outbox: Outbox, rabbit: RabbitConfiguration, retryPolicy: RetryPolicy = RetryPolicy(),
        retryScanInterval: Duration = .seconds(1), patience: Duration = .seconds(5), logger: Logger,
        noteMissing: @escaping @Sendable () async throws -> Void = {}
    ) {
        var logger = logger
        logger[metadataKey: "queue"] = "\(queue.name)"
        let processor = MessageProcessor(
            inbox: Inbox(queue: queue.name), dispatch: dispatch, outbox: outbox, retryPolicy: retryPolicy,
            alerts: Alerts(pool: outbox.pool, logger: logger), patience: patience, logger: logger)
        let retries = RetryWorker(processor: processor, scanInterval: retryScanInterval, logger: logger)
        self.retries = retries
        self.noteMissing = noteMissing
        self.logger = logger
        let (sightings, seen) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.sightings = sightings
        subscription = RabbitConsumer(
            configuration: rabbit, queue: queue.name, prefetch: Self.prefetch, maximumBatch: Self.batch, gathering: dispatch.gathering,
            logger: logger, missing: { seen.yield() },
            handle: { deliveries in
                let again = deliveries.filter(\.redelivered)
                if !again.isEmpty {
                    try await processor.takeAside(again.map { Incoming(body: $0.body) })
                    retries.wake.raise()
                }
                let fresh = deliveries.filter { !$0.redelivered }
                if !fresh.isEmpty {
                    try await processor.process(fresh.map { Incoming(body: $0.body, routingKey: $0.routingKey, by: dispatch) })
                }
            })
    }

    /// Whether the broker is delivering from the queue right now.
    package var isConsuming: Bool { subscription.isConsuming }

    /// Runs until cancelled or shut down gracefully; the batch in hand, and what is being tried again, is finished first.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await subscription.run() }
            group.addTask { await retries.run() }
            group.addTask { await cancelWhenGracefulShutdown { await noteSightings() } }
            try await group.waitForAll()
        }
    }

    private func noteSightings() async {
        for await _ in sightings {
            while !Task.isCancelled {
                do {
                    try await noteMissing()
                    break
                } catch {
                    logger.warning("that the queue is missing cannot be noted, will try again", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }
}
