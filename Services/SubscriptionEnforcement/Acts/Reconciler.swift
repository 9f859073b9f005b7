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
    let alerts: Alerts
    let wake: WakeSignal
    let retry: RetryPolicy
    let logger: Logger

    /// How many users are looked at side by side; each asks Stripe one to three things.
    private static let batch = 8
    /// How long a user who is due by the clock may wait to be noticed.
    private static let scan = Duration.milliseconds(500)
    /// How many failed looks in a row are for an operator to see: with delays that double from a second they take half a minute or more,
    /// and a hiccup is over by then.
    private static let alarming = 6
    private static let alert = "enforcement_undecided"

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
            guard try await enforce(claim) else { return count("overtaken") }
            count("decided")
        } catch is CancellationError {
            // Shutting down: the claim runs out, and whoever is there then takes the user up.
            return
        } catch {
            return await giveBack(claim, because: error)
        }
        do {
            try await alerts.clear(Self.alert, about: claim.user.rawValue)
        } catch {
            logger.warning(
                "an alert could not be cleared; the next look will", metadata: ["user_id": "\(claim.user)", "error": "\(error)"])
        }
    }

    /// To be looked at again later; somebody is told when it goes on for long.
    private func giveBack(_ claim: AccessClaim, because error: any Error) async {
        count("failed")
        let attempts = claim.attempts + 1
        logger.warning(
            "nothing could be decided, nobody is stopped",
            metadata: ["user_id": "\(claim.user)", "attempts": "\(attempts)", "error": "\(error)"])
        do {
            try await AccessClaims.postpone(claim, by: retry.delay(afterAttempts: attempts), because: "\(error)", in: pool)
            guard attempts >= Self.alarming else { return }
            try await alerts.raise(
                Self.alert, about: claim.user.rawValue, "\(attempts) looks in a row decided nothing, the last because of: \(error)")
        } catch {
            // The claim runs out by itself, and the next failed look raises the alert.
            logger.warning("a failed look could not be kept", metadata: ["user_id": "\(claim.user)", "error": "\(error)"])
        }
    }

    private func count(_ outcome: String) {
        Counter(label: "enforcement_looks_total", dimensions: [("outcome", outcome)]).increment()
    }
}
