import Foundation
import Messaging
import Models
import Postgres

/// A user whose access a worker is to look at.
struct AccessClaim: Sendable, Hashable {
    var user: UserID
    /// Fences the worker: its decision counts only while nobody has claimed the user after it.
    var number: Int64
    var attempts: Int
}

/// The claims on the table `access`.
enum AccessClaims {
    /// How long a worker has before another takes the user up. Long enough for reads that go well; one that takes longer is fenced off by
    /// its claim, and one that died is missed for no longer than this.
    static let lease = Duration.seconds(30)
    /// How long a user waits after a failed look when somebody asked for another during it: what is new may have mended what failed, so
    /// the growing delay is not for them.
    private static let pause = Duration.seconds(1)

    /// Asks for a look at a user as soon as nobody is at it. A worker's claim sets `check_at` to its own end, so a `check_at` before
    /// `claimed_until` says that somebody has asked since the claim began.
    static func request(_ user: UserID, in work: UnitOfWork) async throws {
        try await work.query(
            """
            INSERT INTO access AS known (user_id, check_at) VALUES (\(user), now())
            ON CONFLICT (user_id) DO UPDATE SET check_at = least(known.check_at, now())
            """)
    }

    /// Takes up to `limit` users who are due and whom nobody has claimed.
    static func claim(limit: Int, in pool: PostgresPool) async throws -> [AccessClaim] {
        try await pool.query(
            """
            UPDATE access
            SET claim = nextval('claims'), claimed_until = now() + make_interval(secs => \(lease.inSeconds)),
                check_at = now() + make_interval(secs => \(lease.inSeconds))
            WHERE user_id IN (SELECT user_id FROM access
                              WHERE check_at <= now() AND (claimed_until IS NULL OR claimed_until <= now())
                              ORDER BY check_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING user_id, claim, attempts
            """
        ).map { AccessClaim(user: try $0.get("user_id"), number: try $0.get("claim"), attempts: try $0.get("attempts")) }
    }

    /// The state under this claim, locked, with the database's time; nil when somebody else has claimed the user since, or could have:
    /// a worker that stood still must not act on what it read before.
    static func state(under claim: AccessClaim, in work: UnitOfWork) async throws -> (state: AccessState, now: Date)? {
        try await work.query(
            """
            SELECT wanted, generation, entitled_until, stop_due_at, clock_timestamp() AS now FROM access
            WHERE user_id = \(claim.user) AND claim = \(claim.number) AND claimed_until > clock_timestamp() FOR UPDATE
            """
        ).first.map { row in
            let state = AccessState(
                wanted: try row.get("wanted"), generation: try row.get("generation"), entitledUntil: try row.get("entitled_until"),
                stopDueAt: try row.get("stop_due_at"))
            return (state, try row.get("now"))
        }
    }

    /// Gives a user back after a failed look, to be looked at again after `delay`, or very soon if somebody asked for it meanwhile. One
    /// whose claim has run out is due already.
    static func postpone(_ claim: AccessClaim, by delay: Duration, because reason: String, in pool: PostgresPool) async throws {
        try await pool.query(
            """
            UPDATE access
            SET check_at = now() + make_interval(
                    secs => CASE WHEN check_at < claimed_until THEN \(min(delay, pause).inSeconds) ELSE \(delay.inSeconds) END),
                claimed_until = NULL, attempts = attempts + 1, last_error = \(String(reason.prefix(2000))), updated_at = now()
            WHERE user_id = \(claim.user) AND claim = \(claim.number) AND claimed_until > clock_timestamp()
            """)
    }
}
