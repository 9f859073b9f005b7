import DedicatedThread
import Logging
import Messaging
import Metrics
import RabbitMQ
import ServiceLifecycle

/// Looks again and again whether the broker has all queues that a service reads or reaches: a message to a queue that is missing would be
/// lost without a word.
///
/// A service is not ready before it has seen its queues and consumes from its own, nor while one is missing. A broker that is away, or
/// stands still, does not take the service away too: what it has to say waits in its outbox, and its customers are served. The looking is
/// done in the background, because such a broker holds up for many seconds whoever asks it.
package final class QueueWatch: Service {
    /// A consumer and the queue it reads.
    struct Reader: Sendable {
        let queue: String
        let consumer: Consumer
    }

    private struct State {
        /// Whether all was well at least once.
        var wasReady = false
        /// What the last answer of the broker said against it.
        var fault: String? = "not looked for yet"
        /// How they stood when they were last seen.
        var queues: [QueueState] = []
    }

    private let names: [String]
    private let readers: [Reader]
    private let rabbit: RabbitConfiguration
    private let logger: Logger
    private let state = Locked(State())

    /// How often is looked while all is well.
    private static let interval = Duration.seconds(10)
    /// How often while it is not, so that the service is ready soon after it can be.
    private static let impatience = Duration.milliseconds(200)

    init(queues names: [String], readers: [Reader], rabbit: RabbitConfiguration, logger: Logger) {
        self.names = names
        self.readers = readers
        self.rabbit = rabbit
        self.logger = logger
    }

    /// The queues are there, and were once consumed from.
    var check: ReadinessCheck {
        ReadinessCheck("queues") { [self] in
            if let fault = state.withLock({ $0.fault }) { throw NotReady(fault) }
        }
    }

    /// The queues as they were at most ten seconds ago; empty while the broker could not be asked yet.
    var queues: [QueueState] { state.withLock { $0.queues } }

    /// Runs until cancelled or shut down gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isWell = await self.look()
                try? await Task.sleep(for: isWell ? Self.interval : Self.impatience)
            }
        }
    }

    private func look() async -> Bool {
        let answer: Result<[QueueState], any Error>
        do {
            answer = .success(try await queueStates(names, configuration: rabbit, logger: logger))
        } catch {
            answer = .failure(error)
        }
        let idle = readers.filter { !$0.consumer.isConsuming }.map(\.queue)
        for reader in readers {
            Gauge(label: "consumer_up", dimensions: [("queue", reader.queue)]).record(idle.contains(reader.queue) ? 0 : 1)
        }
        return state.withLock { state in
            if case .success(let queues) = answer { state.queues = queues }
            switch answer {
            case .success(let queues) where queues.contains { !$0.exists }:
                state.fault = "missing: " + queues.filter { !$0.exists }.map(\.name).joined(separator: ", ")
            case .success where idle.isEmpty: (state.wasReady, state.fault) = (true, nil)
            case .success: state.fault = state.wasReady ? nil : "not consuming " + idle.joined(separator: ", ")
            case .failure(let error): if !state.wasReady { state.fault = "\(error)" }
            }
            return state.fault == nil && idle.isEmpty
        }
    }
}
