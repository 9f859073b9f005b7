import Foundation
import Messaging
import Models
import Postgres

/// A user whose access a worker is to look at.
struct AccessClaim: Sendable, Hashable {
    var user: UserID
    /// Fences the worker: its decision counts only while nobody has claimed the user after it.
    var number: Int64
    /// How many looks failed in a row before.
    var attempts: Int
    /// What was asked for until now is what this look answers.
    var asks: Int64
    /// Whether nobody asked for it and nothing is held down.
    var isRoutine: Bool
    /// Since when somebody has been asking for it.
    var askedAt: Date?
}

/// The claims on the table `access`.
enum AccessClaims {
    /// How long a worker has before another takes the user up. Long enough for reads that go well; one that takes longer is fenced off by
    /// its claim, and one that died is missed for no longer than this.
    static let lease = Duration.seconds(30)
    /// How long a user waits after a failed look when somebody asked for another during it: what is new may have mended what failed, so
    /// the growing delay is not for them. Then the worker finds them when it looks from the beginning (`QueueFront`).
    private static let pause = Duration.seconds(1)
    /// Who is on is not looked at more often than this because of events: those that come together cost one look, or two.
    static let spacing = Duration.milliseconds(500)

    /// Everybody who is known begins at off.
    static func begin(_ user: UserID, in work: UnitOfWork) async throws {
        try await work.send("INSERT INTO access (user_id) VALUES (\(user)) ON CONFLICT (user_id) DO NOTHING")
    }

    /// Asks for a look at users as soon as nobody is at them; whoever is named twice is asked for once.
    static func request(_ users: [UserID], in work: UnitOfWork) async throws {
        // In one order, so that two who ask for the same users never wait for each other.
        let users = Set(users).sorted { $0.rawValue < $1.rawValue }
        try await work.send(
            """
            INSERT INTO access AS known (user_id, asked_at, asks) SELECT user_id, now(), 1 FROM unnest(\(users)) AS user_id
            ON CONFLICT (user_id) DO UPDATE
            SET asked_at = coalesce(known.asked_at, now()), asks = known.asks + 1, retry_at = NULL
            """)
    }

    /// Takes up to `limit` users who are due and whom nobody has claimed: first those who may be started, then those who may have to stop,
    /// then those whose time has come, of these up to `routine`. `now` is Stripe's; while that is not known only those are due for whom
    /// somebody asked. Who was asked for before `front` is left out.
    static func claim(
        limit: Int, routine: Int = .max, now: Date?, from front: Date = .distantPast, spacing: Duration = spacing, in pool: PostgresPool
    ) async throws -> [AccessClaim] {
        let ripe: Query = "check_at <= \(now ?? .distantPast)"
        let isSpaced: Query =
            "(looked_at IS NULL OR looked_at NOT BETWEEN now() - make_interval(secs => \(spacing.inSeconds)) AND now() + \(query: slack))"
        let claim: Query = """
            WITH starts AS (
                SELECT user_id FROM access WHERE wanted = 'off' AND asked_at >= \(front) AND \(query: isFree)
                ORDER BY asked_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            ), stops AS (
                SELECT user_id FROM access
                WHERE wanted = 'on' AND \(query: isFree)
                      AND (asked_at >= \(front) AND \(query: isSpaced) OR stop_due_at IS NOT NULL AND \(query: ripe))
                ORDER BY coalesce(asked_at, looked_at) LIMIT \(limit) FOR UPDATE SKIP LOCKED
            ), others AS (
                SELECT user_id FROM access
                WHERE \(query: ripe) AND asked_at IS NULL AND stop_due_at IS NULL AND \(query: isFree)
                ORDER BY check_at LIMIT \(min(limit, routine)) FOR UPDATE SKIP LOCKED
            )
            UPDATE access
            SET claim = nextval('claims'), claimed_until = now() + make_interval(secs => \(lease.inSeconds)), looked_at = now()
            WHERE user_id IN (
                SELECT user_id FROM (
                    SELECT user_id, 1 AS rank FROM starts UNION ALL SELECT user_id, 2 FROM stops UNION ALL SELECT user_id, 3 FROM others
                ) AS due ORDER BY rank LIMIT \(limit))
            RETURNING user_id, claim, attempts, asks, asked_at IS NULL AND stop_due_at IS NULL AS is_routine, asked_at
            """
        return try await pool.query(claim).map {
            AccessClaim(
                user: try $0.get("user_id"), number: try $0.get("claim"), attempts: try $0.get("attempts"), asks: try $0.get("asks"),
                isRoutine: try $0.get("is_routine"), askedAt: try $0.get("asked_at"))
        }
    }

    /// Nobody is at it and no failure is waited out. A time further ahead than any of ours was written by a clock that has been set back;
    /// another replica's may be ahead a little, since `now()` is when a statement began.
    private static var isFree: Query {
        """
        (claimed_until IS NULL OR claimed_until NOT BETWEEN now() AND now() + make_interval(secs => \(lease.inSeconds)) + \(query: slack))
        AND (retry_at IS NULL OR retry_at NOT BETWEEN now() AND now() + interval '1 day')
        """
    }

    private static let slack: Query = "interval '1 minute'"

    /// The state under this claim, locked; nil when somebody else has claimed the user since, or could have: a worker that stood still must
    /// not act on what it read before. Says also whether somebody has asked for another look since.
    static func state(
        under claim: AccessClaim, in work: UnitOfWork
    ) async throws -> (state: AccessState, isAskedAgain: Bool)? {
        let state: Query = """
            SELECT wanted, generation, entitled_until, stop_due_at, asks FROM access
            WHERE user_id = \(claim.user) AND claim = \(claim.number) AND claimed_until > clock_timestamp() FOR UPDATE
            """
        return try await work.query(state).first.map {
            let state = AccessState(
                wanted: try $0.get("wanted"), generation: try $0.get("generation"), entitledUntil: try $0.get("entitled_until"),
                stopDueAt: try $0.get("stop_due_at"))
            return (state, try $0.get("asks") != claim.asks)
        }
    }

    /// Gives a user back after a failed look, to be looked at again after `delay`, or very soon if somebody asked for it meanwhile.
    static func postpone(_ claim: AccessClaim, by delay: Duration, because reason: String, in pool: PostgresPool) async throws {
        try await pool.query(
            """
            UPDATE access
            SET retry_at = now() + make_interval(
                    secs => CASE WHEN asks <> \(claim.asks) THEN \(min(delay, pause).inSeconds) ELSE \(delay.inSeconds) END),
                asked_at = coalesce(asked_at, now()), claimed_until = NULL, attempts = attempts + 1,
                last_error = \(String(reason.prefix(2000))), updated_at = now()
            WHERE user_id = \(claim.user) AND claim = \(claim.number) AND claimed_until > clock_timestamp()
            """)
    }
}
