import Logging
import Messaging
import Metrics
import Models
import Postgres
import ServiceLifecycle

/// Takes up users whose access is to be looked at, several at a time. Any number of replicas may run.
struct Reconciler: Service {
    let enforce: EnforceAccess
    let pool: PostgresPool
    let wake: WakeSignal
    let retry: RetryPolicy
    let logger: Logger

    /// How many users are looked at side by side; each asks Stripe one to three things.
    private static let batch = 8
    /// How long a user who is due by the clock may wait to be noticed.
    private static let scan = Duration.milliseconds(500)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await look() > 0 { continue }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("users cannot be claimed, will try again", metadata: ["error": "\(error)"])
                }
                await wake.wait(for: Self.scan)
            }
        }
    }

    /// Looks at everybody who is due, up to one batch; how many there were.
    func look() async throws -> Int {
        let claims = try await AccessClaims.claim(limit: Self.batch, in: pool)
        await withTaskGroup(of: Void.self) { group in
            for claim in claims { group.addTask { await look(at: claim) } }
        }
        return claims.count
    }

    private func look(at claim: AccessClaim) async {
        do {
            try await enforce(claim)
            Counter(label: "enforcement_looks_total", dimensions: [("outcome", "decided")]).increment()
        } catch is CancellationError {
            // Shutting down: the claim runs out, and whoever is there then takes the user up.
        } catch {
            Counter(label: "enforcement_looks_total", dimensions: [("outcome", "failed")]).increment()
            let delay = retry.delay(afterAttempts: claim.attempts + 1)
            logger.warning(
                "nothing could be decided, nobody is stopped",
                metadata: ["user_id": "\(claim.user)", "attempts": "\(claim.attempts + 1)", "error": "\(error)"])
            // Where even this fails the claim runs out by itself.
            try? await AccessClaims.postpone(claim, by: delay, because: "\(error)", in: pool)
        }
    }
}
