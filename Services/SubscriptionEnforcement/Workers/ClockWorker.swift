import Logging
import Messaging
import ServiceLifecycle
import Stripe

/// Keeps knowing what time it is at Stripe, in each replica, also while nobody is looked at: by that clock it is decided who is to be.
struct ClockWorker: Service {
    let stripe: StripeClient
    let interval: Duration
    let logger: Logger

    /// A read that failed is made again sooner.
    private static let retry = RetryPolicy(maximumDelay: .seconds(30))

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var failures = 0
            while !Task.isCancelled {
                var wait = interval
                do {
                    try await stripe.readClock()
                    failures = 0
                } catch is CancellationError {
                    return
                } catch {
                    failures += 1
                    wait = min(interval, Self.retry.delay(afterAttempts: failures))
                    logger.warning("Stripe's clock cannot be read, will try again", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: wait)
            }
        }
    }
}
