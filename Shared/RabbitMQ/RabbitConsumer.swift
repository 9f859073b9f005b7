package import Logging
import ServiceLifecycle
import Synchronization

/// Hands the messages of one queue to a handler, batch by batch, and acknowledges each batch once it is handled.
///
/// It keeps one connection with one thread of its own while `run()` runs; the thread keeps the connection alive however long the
/// handler takes (the broker itself closes the channel after 30 minutes without an acknowledgement). Every failure ends the same
/// way: the connection is dropped, everything unacknowledged is delivered again, here or to another consumer.
package final class RabbitConsumer: Service, Sendable {
    private let configuration: RabbitConfiguration
    private let queue: String
    private let prefetch: Int
    private let maximumBatch: Int
    private let gathering: Duration
    private let logger: Logger
    private let handle: @Sendable ([Delivery]) async throws -> Void
    private let missing: @Sendable () -> Void
    private let mailbox = Mailbox<ConsumerMessage>()
    private let arrivals = Arrivals()
    private let status = ConnectionStatus()
    private let hasStarted = Atomic(false)

    /// A consumer of `queue`, which must exist: it is looked for, never created, and waited for with a warning per attempt.
    ///
    /// `prefetch` (1…65535) is how many messages may be here and not acknowledged, `maximumBatch` (at least 1) how many of
    /// those `handle` gets at once, in order: what has come, and what comes within `gathering` while that is less. One batch is handled at a time.
    /// It is acknowledged when `handle` returns; when it throws, the connection is reopened after 50 ms growing to 5 s and the
    /// batch comes again. `missing` is called, on the connection's thread, each time the queue is found to be gone.
    package init(
        configuration: RabbitConfiguration, queue: String, prefetch: Int, maximumBatch: Int, gathering: Duration = .zero, logger: Logger,
        missing: @escaping @Sendable () -> Void = {}, handle: @escaping @Sendable ([Delivery]) async throws -> Void
    ) {
        self.configuration = configuration
        self.queue = queue
        self.prefetch = prefetch
        self.maximumBatch = maximumBatch
        self.gathering = gathering
        self.logger = logger
        self.missing = missing
        self.handle = handle
    }

    /// Whether the broker delivers to this consumer at this moment.
    package var isConsuming: Bool { status.isUp }

    /// Consumes until shut down.
    ///
    /// On graceful shutdown the batch in hand is finished and acknowledged and the rest given back. When cancelled, so is the
    /// handler. Throws `RabbitError` with code `closed` when run a second time; no other failure ends it.
    package func run() async throws {
        guard hasStarted.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
            throw RabbitError(.closed, "the consumer was run a second time")
        }
        try await withGracefulShutdownHandler {
            async let thread: Void = onOwnThread(named: "rabbit-consume") { [self] in work() }
            await arrivals.forEachBatch(upTo: maximumBatch, gathering: gathering) { await process($0) }
            mailbox.send(.stop)
            try await thread
        } onGracefulShutdown: { [self] in
            arrivals.close()
        }
    }

    private func process(_ batch: Arrivals.Batch) async {
        do {
            try await handle(batch.deliveries)
            mailbox.send(.handled(batch))
        } catch {
            if !Task.isCancelled {
                logger.warning("a batch failed and will come again", metadata: ["queue": "\(queue)", "error": "\(error)"])
            }
            // Before anything else is handled: acknowledging a later message would acknowledge these.
            arrivals.begin(batch.generation + 1)
            mailbox.send(.failed(batch))
        }
    }

    private func work() {
        let loop = ConsumerLoop(
            queue: queue, prefetch: UInt16(clamping: max(1, prefetch)), arrivals: arrivals, mailbox: mailbox, missing: missing,
            logger: logger)
        ConnectionLoop(configuration: configuration, wakeup: mailbox.wakeup, status: status, logger: logger).run(loop)
    }
}
