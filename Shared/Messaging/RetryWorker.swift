import Logging
import ServiceLifecycle

/// Takes up the messages of one queue that failed before and are due again.
struct RetryWorker: Sendable {
    let processor: MessageProcessor
    let scanInterval: Duration
    let logger: Logger

    /// How many messages are taken up at once; each may ask Stripe something.
    private static let batch = 8

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await processor.retryDue(limit: Self.batch) == Self.batch { continue }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("the inbox cannot be read, will try again", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: scanInterval)
            }
        }
    }
}
