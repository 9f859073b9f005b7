import Logging

/// What others tell the consumer's thread.
enum ConsumerMessage: Sendable {
    /// This batch is handled; the broker may forget it.
    case handled(Arrivals.Batch)
    /// The handler failed on this batch: everything unacknowledged is to come again.
    case failed(Arrivals.Batch)
    /// Acknowledge what was handled, then end.
    case stop
}

/// The consumer's side of the thread: collects deliveries and acknowledges what the handler has done, on the connection it came by.
final class ConsumerLoop: ConnectionLoopWork {
    private let queue: String
    private let prefetch: UInt16
    private let arrivals: Arrivals
    private let mailbox: Mailbox<ConsumerMessage>
    private let missing: @Sendable () -> Void
    private let logger: Logger
    private var generation: Arrivals.Generation = 0
    private var isFailed = false
    private var hasAcknowledged = false
    private(set) var isFinished = false

    init(
        queue: String, prefetch: UInt16, arrivals: Arrivals, mailbox: Mailbox<ConsumerMessage>, missing: @escaping @Sendable () -> Void,
        logger: Logger
    ) {
        self.queue = queue
        self.prefetch = prefetch
        self.arrivals = arrivals
        self.mailbox = mailbox
        self.missing = missing
        self.logger = logger
    }

    func prepare(_ connection: BrokerConnection) throws(RabbitError) {
        guard try connection.queueState(queue).exists else { throw RabbitError(.notFound, "queue \(queue) does not exist") }
        generation += 1
        arrivals.begin(generation)
        try connection.consume(queue, prefetch: prefetch)
    }

    func turn(_ connection: BrokerConnection) throws(RabbitError) {
        try collect(connection)
        for message in mailbox.take() {
            switch message {
            case .handled(let batch) where batch.generation == generation && !isFailed:
                try connection.acknowledge(upTo: batch.lastTag)
                hasAcknowledged = true
            case .failed(let batch) where batch.generation == generation: isFailed = true
            case .handled, .failed: break
            case .stop: isFinished = true
            }
        }
        if isFailed && !isFinished { throw RabbitError(.connectionLost, "reopened because a batch failed") }
    }

    func readMail() {
        // Without a connection nothing can be acknowledged any more: what was handled will come again.
        for case .stop in mailbox.take() { isFinished = true }
    }

    func connectionLost(_ error: RabbitError) -> Bool {
        if error.code == .notFound {
            missing()
            logger.warning("the queue to consume from does not exist", metadata: ["queue": "\(queue)", "error": "\(error.detail)"])
        }
        generation += 1
        arrivals.begin(generation)
        isFailed = false
        defer { hasAcknowledged = false }
        return hasAcknowledged
    }

    private func collect(_ connection: BrokerConnection) throws(RabbitError) {
        var collected: [(Delivery, UInt64)] = []
        while let event = try connection.nextEvent() {
            switch event {
            case .delivered(let delivery, let tag): collected.append((delivery, tag))
            case .blocked, .unblocked: break
            case .returned, .confirmed, .refused: throw RabbitError(.protocolViolation, "a publisher's event for a consumer")
            }
        }
        if !collected.isEmpty { arrivals.append(collected, generation: generation) }
    }
}
