import Foundation
package import Logging
package import Postgres
import ServiceLifecycle

/// Work that is done every so often, by one replica at a time, however many run.
///
/// A row of `periodic_work` says when the work is due and who is at it: whoever works holds a lease and renews it, so that a replica that
/// dies is missed for no longer than one lease, and no connection is held meanwhile. Work that fails is logged and tried again soon; the
/// time is in the table, so after a standstill of all replicas the first to be back works at once.
package struct PeriodicWork: Service {
    /// The same in every replica.
    package let name: String
    private let interval: Duration
    private let lease: Duration
    private let pool: PostgresPool
    private let logger: Logger
    private let work: @Sendable () async throws -> Void

    /// `name` is the same in every replica. `work` must bear to be cut off anywhere and to begin again, and for a moment to run twice: a
    /// replica that was out of reach for a whole `lease` is stopped when it finds out.
    package init(
        _ name: String, every interval: Duration, lease: Duration = .seconds(60), pool: PostgresPool, logger: Logger,
        work: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.interval = interval
        self.lease = lease
        self.pool = pool
        self.logger = logger
        self.work = work
    }

    /// Runs until cancelled or shut down gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // Looks more often than it works, so that no turn is late by much, whichever replica has it; who has just worked knows when the
                // next turn is.
                var pause = max(.milliseconds(100), interval / 4)
                do {
                    if try await workIfDue() { pause = interval }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("periodic work failed, will try again", metadata: ["work": "\(name)", "error": "\(error)"])
                }
                try? await Task.sleep(for: min(pause, .seconds(30)))
            }
        }
    }

    /// Works if it is due and nobody else is at it; whether it did.
    @discardableResult
    package func workIfDue() async throws -> Bool {
        let holder = UUID()
        guard try await take(holder) else { return false }
        do {
            try await workWhileLeased(holder)
        } catch {
            // Also when cancelled: the next replica need not wait for the lease to end.
            await Task { [self] in try? await free(holder, dueAfter: min(interval, .seconds(30))) }.value
            throw error
        }
        try await free(holder, dueAfter: interval)
        return true
    }

    private func workWhileLeased(_ holder: UUID) async throws {
        try await whileRenewing(every: lease / 3) {
            guard try await renew(holder) else { throw LeaseLost(work: name) }
        } work: {
            try await Acting.worker(name).perform { try await work() }
        }
    }

    /// A time further ahead than any of ours was written by a clock that has been set back; another replica's may be ahead a little, since
    /// `now()` is when a statement began.
    private func take(_ holder: UUID) async throws -> Bool {
        try await pool.query(
            """
            INSERT INTO periodic_work AS known (name, next_at, leased_by, leased_until) VALUES (\(name), now(), \(holder), \(query: end))
            ON CONFLICT (name) DO UPDATE SET leased_by = excluded.leased_by, leased_until = excluded.leased_until
            WHERE known.next_at NOT BETWEEN now() AND now() + make_interval(secs => \(interval.inSeconds)) + interval '1 minute'
              AND (known.leased_until IS NULL OR known.leased_until NOT BETWEEN now() AND \(query: end) + interval '1 minute')
            """
        ).affectedRows == 1
    }

    private func renew(_ holder: UUID) async throws -> Bool {
        try await pool.query("UPDATE periodic_work SET leased_until = \(query: end) WHERE name = \(name) AND leased_by = \(holder)")
            .affectedRows == 1
    }

    private func free(_ holder: UUID, dueAfter delay: Duration) async throws {
        try await pool.query(
            """
            UPDATE periodic_work SET next_at = now() + make_interval(secs => \(delay.inSeconds)), leased_by = NULL, leased_until = NULL
            WHERE name = \(name) AND leased_by = \(holder)
            """)
    }

    private var end: Query { "now() + make_interval(secs => \(lease.inSeconds))" }

    private struct LeaseLost: Error, CustomStringConvertible {
        let work: String
        var description: String { "the lease of \(work) went to another replica" }
    }
}
