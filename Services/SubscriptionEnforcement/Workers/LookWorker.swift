import DedicatedThread
import Foundation
import Logging
import Messaging
import Metrics
import Models
import Postgres
import ServiceLifecycle
import Stripe

/// Takes up users whose access is to be looked at, and works on several side by side: one for whom Stripe is slow keeps no other waiting.
/// Any number of replicas may run.
struct LookWorker: Service {
    let enforce: EnforceAccess
    let pool: PostgresPool
    let wake: WakeSignal
    let retry: RetryPolicy
    let logger: Logger

    /// How many users are looked at side by side; each asks Stripe one thing at a time, and that many requests run at once.
    private static let width = 16
    /// Of these so many for whom nobody asked: while Stripe is slow to all of them, whoever has paid still finds a place.
    private static let routine = 8
    /// How long a user who is due by the clock may wait to be noticed.
    private static let scan = Duration.milliseconds(500)

    func run() async throws { await cancelWhenGracefulShutdown { await Acting.worker("looks").perform { await work() } } }

    private func work() async {
        let places = Places(all: Self.width, routine: Self.routine)
        var front = QueueFront<Date>()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let free = places.free
                let claims = await claim(free, &front)
                for claim in claims {
                    places.take(for: claim)
                    group.addTask {
                        await look(at: claim)
                        if places.giveBack(of: claim) { wake.raise() }
                    }
                }
                // While more are due than there are places, whoever gives one back wakes us.
                if claims.isEmpty || claims.count < free.all { await wake.wait(for: Self.scan) }
            }
        }
    }

    /// How many more users can be looked at.
    private final class Places: Sendable {
        private let left: Locked<(all: Int, routine: Int)>

        init(all: Int, routine: Int) { left = Locked((all, routine)) }

        var free: (all: Int, routine: Int) { left.withLock { $0 } }

        func take(for claim: AccessClaim) {
            left.withLock { left in
                left.all -= 1
                if claim.isRoutine { left.routine -= 1 }
            }
        }

        /// Whether somebody may have waited for it.
        func giveBack(of claim: AccessClaim) -> Bool {
            left.withLock { left in
                defer {
                    left.all += 1
                    if claim.isRoutine { left.routine += 1 }
                }
                return left.all == 0 || (claim.isRoutine && left.routine == 0)
            }
        }
    }

    private func claim(_ free: (all: Int, routine: Int), _ front: inout QueueFront<Date>) async -> [AccessClaim] {
        guard free.all > 0 else { return [] }
        do {
            let claims = try await AccessClaims.claim(
                limit: free.all, routine: free.routine, now: enforce.read.stripe.clock.now, from: front.lowest(at: .now) ?? .distantPast,
                in: pool)
            if claims.count == free.all {
                // Not all that waits was taken, and who may be started goes before others who were asked for earlier.
                front.restart()
            } else if let newest = claims.compactMap(\.askedAt).max() {
                front.note(newest, at: .now)
            }
            return claims
        } catch is CancellationError {
            return []
        } catch {
            logger.warning("users cannot be claimed, will try again", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// Looks at a user, and gives them back.
    func look(at claim: AccessClaim) async {
        do {
            guard try await enforce(claim) else { return count("overtaken") }
            count("decided")
        } catch is CancellationError {
            // Shutting down: the claim runs out, and whoever is there then takes the user up.
            return
        } catch {
            await giveBack(claim, because: error)
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
            guard attempts >= EnforceAccess.alarming else { return }
            try await enforce.alerts.raise(
                EnforceAccess.alert, about: claim.user.rawValue, "\(attempts) looks in a row decided nothing, the last because of: \(error)"
            )
        } catch {
            // The claim runs out by itself, and the next failed look raises the alert.
            logger.warning("a failed look could not be kept", metadata: ["user_id": "\(claim.user)", "error": "\(error)"])
        }
    }

    private func count(_ outcome: String) {
        Counter(label: "enforcement_looks_total", dimensions: [("outcome", outcome)]).increment()
    }
}
