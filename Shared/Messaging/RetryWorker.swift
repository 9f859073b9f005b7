import Logging
import ServiceLifecycle

/// Takes up the messages of one queue that failed before and are due again.
struct RetryWorker: Sendable {
    let processor: MessageProcessor
    let scanInterval: Duration
    /// Raised when there is something to take up at once.
    let wake = WakeSignal()
    let logger: Logger

    /// How many messages are taken up at once; each may ask Stripe something.
    private static let batch = 8

    /// Runs until cancelled or shut down gracefully; what has been taken up is finished first.
    func run() async {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                if try await processor.retryDue(limit: Self.batch) > 0 { continue }
            } catch is CancellationError {
                return
            } catch {
                logger.warning("the inbox cannot be read, will try again", metadata: ["error": "\(error)"])
            }
            await cancelWhenGracefulShutdown { await wake.wait(for: scanInterval) }
        }
    }
}
