import Foundation
import Messaging
import Postgres
import Stripe

/// How many requests a second all replicas together send to Stripe: each takes its turn in the one row of `read_budget`.
///
/// A 429 doubles the time between two of them, once a second at most, and each turn shortens it again by a twentieth: everybody slows down
/// together, and nobody stops.
struct ReadBudget: Sendable {
    let pool: PostgresPool
    /// Requests a second when Stripe does not object.
    let perSecond: Int

    private var gap: Double { 1 / Double(perSecond) }
    /// The longest time between two requests, in seconds.
    private static let longestGap = 5.0
    /// A turn further ahead than this was given by a clock that has been set back.
    private static let longestQueue = Duration.seconds(60)

    var pace: RequestPace { RequestPace(turn: turn, slowDown: slowDown) }

    /// Takes the next turn and waits for it.
    func turn() async throws {
        let row = try await pool.query(
            """
            INSERT INTO read_budget AS budget (next_at, gap_seconds) VALUES (clock_timestamp() + make_interval(secs => \(gap)), \(gap))
            ON CONFLICT (one) DO UPDATE
            SET gap_seconds = greatest(\(gap), budget.gap_seconds * 0.95),
                next_at = greatest(clock_timestamp(), CASE WHEN budget.next_at < clock_timestamp() + make_interval(secs => \(Self.longestQueue.inSeconds))
                                                           THEN budget.next_at END)
                    + make_interval(secs => greatest(\(gap), budget.gap_seconds * 0.95))
            RETURNING extract(epoch FROM next_at - clock_timestamp())::double precision - gap_seconds AS wait
            """)[0]
        let wait = try row.get("wait", as: Double.self)
        if wait > 0 { try await Task.sleep(for: .seconds(wait)) }
    }

    /// Makes everybody wait as long as Stripe asks, or a second, and longer between two requests from then on.
    func slowDown(_ retryAfter: Duration?) async throws {
        let wait = min(retryAfter ?? .seconds(1), .seconds(30))
        try await pool.query(
            """
            UPDATE read_budget
            SET gap_seconds = least(\(Self.longestGap), gap_seconds * 2), slowed_at = clock_timestamp(),
                next_at = greatest(next_at, clock_timestamp() + make_interval(secs => \(wait.inSeconds)))
            WHERE slowed_at IS NULL OR slowed_at NOT BETWEEN clock_timestamp() - interval '1 second' AND clock_timestamp()
            """)
    }
}
