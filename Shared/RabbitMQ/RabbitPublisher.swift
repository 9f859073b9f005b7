package import Logging
import ServiceLifecycle
import Synchronization

/// Publishes batches and says of each message whether the broker has it.
///
/// It keeps one connection with one thread of its own while `run()` runs, and reconnects after 50 ms growing to 5 s. Batches are
/// sent in the order of `publish` calls, a window of messages at a time; any number of callers may wait at once.
package final class RabbitPublisher: Service, Sendable {
    private let configuration: RabbitConfiguration
    private let logger: Logger
    private let mailbox = Mailbox<PublisherMessage>()
    private let status = ConnectionStatus()
    private let hasStarted = Atomic(false)

    /// A publisher that connects once `run()` is called.
    package init(configuration: RabbitConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Whether there is a connection at this moment, blocked or not.
    package var isConnected: Bool { status.isUp }

    /// Keeps the publisher connected until shut down.
    ///
    /// On graceful shutdown new batches are refused and those accepted are still confirmed, or fail at their deadline. When
    /// cancelled it ends at once, failing them. Throws `RabbitError` with code `closed` when run a second time.
    package func run() async throws {
        guard hasStarted.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
            throw RabbitError(.closed, "the publisher was run a second time")
        }
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await onOwnThread(named: "rabbit-publish") { [self] in work() }
            } onGracefulShutdown: { [self] in
                mailbox.send(.finish)
            }
        } onCancel: {
            mailbox.send(.stop)
        }
    }

    /// Publishes `batch` and returns one result per message, in the same order.
    ///
    /// Waits for a connection, and for every confirm, until the configured `confirmTimeout` is over. An empty batch returns at
    /// once. Throws `RabbitError`: `unreachable` or `blocked` when nothing was sent by the deadline; `confirmTimeout` or
    /// `connectionLost` when it is not known what arrived, so all of it must be published again; `notFound` or `accessRefused` when the
    /// broker closed the channel over some message of this batch or of one sent beside it, and it is not known either; `closed` after
    /// shutdown. Throws `CancellationError` when the caller is cancelled, and then, too, anything may have arrived.
    package func publish(_ batch: [Publication]) async throws -> [PublishResult] {
        guard !batch.isEmpty else { return [] }
        let submission = Submission(batch)
        guard mailbox.send(.publish(submission)) else { throw RabbitError(.closed, "the publisher was stopped") }
        let watch = Watchdog.shared.watch(for: configuration.confirmTimeout) { [self] in
            submission.fail(deadlineError(submission))
            mailbox.send(.expired(submission))
        }
        defer { Watchdog.shared.cancel(watch) }
        return try await withTaskCancellationHandler {
            try await submission.results()
        } onCancel: {
            submission.fail(CancellationError())
            mailbox.send(.cancelled(submission))
        }
    }

    private func work() {
        let loop = PublisherLoop(mailbox: mailbox, status: status, window: configuration.publishWindow)
        ConnectionLoop(configuration: configuration, wakeup: mailbox.wakeup, status: status, logger: logger).run(loop)
        loop.close()
    }

    private func deadlineError(_ submission: Submission) -> RabbitError {
        if submission.isBegun { return RabbitError(.confirmTimeout, "no confirm within \(configuration.confirmTimeout)") }
        if status.isBlocked { return RabbitError(.blocked, "publishers were blocked for \(configuration.confirmTimeout)") }
        return RabbitError(.unreachable, status.lastFailure?.detail ?? "not sent within \(configuration.confirmTimeout)")
    }
}
