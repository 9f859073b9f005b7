import Foundation
import Messaging
import Postgres
import Stripe

/// How many requests a second all replicas together send to Stripe: each takes its turn in the sequence `read_turns`.
///
/// A 429 doubles the time between two of them (the row of `read_budget`), once a second at most, and each turn shortens it again by a twentieth:
/// everybody slows down together, and nobody stops.
struct ReadBudget: Sendable {
    let pool: PostgresPool
    /// Requests a second when Stripe does not object.
    let perSecond: Int

    private var gap: Double { 1 / Double(perSecond) }
    /// The longest time between two requests, in seconds.
    private static let longestGap = 5.0

    var pace: RequestPace { RequestPace(turn: turn, slowDown: slowDown) }

    /// Takes the next turn and waits for it.
    func turn() async throws {
        let wait: Double = try await pool.query("SELECT take_read_turn(\(gap)) AS wait")[0].get("wait")
        if wait > 0 { try await Task.sleep(for: .seconds(wait)) }
    }

    /// Makes everybody wait as long as Stripe asks, or a second, and longer between two requests from then on.
    func slowDown(_ retryAfter: Duration?) async throws {
        let wait = min(retryAfter ?? .seconds(1), .seconds(30))
        try await pool.query("SELECT slow_reads(\(wait.inSeconds), \(gap), \(Self.longestGap))")
    }
}
