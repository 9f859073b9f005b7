import Foundation
import Postgres

/// The tables of what a service has heard: `inbox_done`, by the time of each message, and `inbox` for what failed. An id is done once, and its effect
/// is committed with that row.
package struct Inbox: Sendable {
    /// A row that a worker has taken up.
    struct Due: Sendable {
        let incoming: Incoming
        let attempts: Int
        /// How many tries before this one did not end.
        let unended: Int
    }

    /// How long a worker has for one message before another may take it up, unless it says that it is still at it. Two at one message do no harm,
    /// the second finds it done; a worker that died is missed for no longer than this.
    static let lease = Duration.seconds(30)
    private static let leaseEnd: Query = "now() + make_interval(secs => \(lease.inSeconds))"

    /// The queue that the messages come from.
    let queue: String

    /// Records messages as done and returns the ids that were not known: only those may take effect.
    func recordDone(_ headers: [CloudEventHeader], in work: UnitOfWork) async throws -> Set<String> {
        let rows = try await work.query(
            """
            INSERT INTO inbox_done (message_id, said_at, queue)
            SELECT id, coalesce(said_at, '-infinity'), \(queue) FROM unnest(\(headers.map(\.id)), \(headers.map(\.saidAt))) AS told (id, said_at)
            WHERE NOT EXISTS (SELECT FROM inbox WHERE message_id = id)
            ON CONFLICT (message_id, said_at) DO NOTHING RETURNING message_id
            """)
        return Set(try rows.map { try $0.get("message_id", as: String.self) })
    }

    /// Which of these messages the tables already hold, in whatever state.
    func known(_ headers: [CloudEventHeader], in pool: PostgresPool) async throws -> Set<String> {
        let rows = try await pool.query(
            """
            SELECT id FROM unnest(\(headers.map(\.id)), \(headers.map(\.saidAt))) AS told (id, said_at)
            WHERE EXISTS (SELECT FROM inbox_done AS done WHERE done.message_id = id AND done.said_at = coalesce(told.said_at, '-infinity'))
               OR EXISTS (SELECT FROM inbox WHERE message_id = id)
            """)
        return Set(try rows.map { try $0.get("id", as: String.self) })
    }

    /// Keeps a message that failed for the first time; nothing happens if it is known already.
    func keep(_ message: Incoming, retryAfter delay: Duration, because reason: String, in work: UnitOfWork) async throws {
        try await work.send(
            """
            INSERT INTO inbox (message_id, queue, status, next_attempt_at, last_error, body)
            VALUES (\(message.header.id), \(queue), 'retry', now() + make_interval(secs => \(delay.inSeconds)), \(Self.clean(reason)),
                    \(message.body))
            ON CONFLICT (message_id) DO NOTHING
            """)
    }

    /// Takes messages that were delivered before and not acknowledged from the broker, to be tried from the inbox: there each try is committed before
    /// it is made, so that one which ends the process is known. Those that are known already are left as they are.
    func takeAside(_ messages: [Incoming], in pool: PostgresPool) async throws {
        try await pool.query(
            """
            INSERT INTO inbox (message_id, queue, status, attempts, begun, next_attempt_at, body)
            SELECT id, \(queue), 'retry', 0, 1, now(), body
            FROM unnest(\(messages.map(\.header.id)), \(messages.map(\.header.saidAt)), \(messages.map(\.body))) AS told (id, said_at, body)
            WHERE NOT EXISTS (
                SELECT FROM inbox_done AS done WHERE done.message_id = id AND done.said_at = coalesce(told.said_at, '-infinity'))
            ON CONFLICT (message_id) DO NOTHING
            """)
    }

    /// Parks a message at its first try; whether it was new.
    func park(_ message: Incoming, because reason: String, in work: UnitOfWork) async throws -> Bool {
        try await work.query(
            """
            INSERT INTO inbox (message_id, queue, status, last_error, body)
            VALUES (\(message.header.id), \(queue), 'parked', \(Self.clean(reason)), \(message.body))
            ON CONFLICT (message_id) DO NOTHING
            """
        ).affectedRows == 1
    }

    /// Takes up to `limit` rows that are due, each leased to the caller, and counts the attempt. One of which two tries did not end is taken alone:
    /// should it end this process too, it is known which it was.
    func claimDue(limit: Int, in pool: PostgresPool) async throws -> [Due] {
        try await pool.query(
            """
            WITH due AS (
                SELECT message_id, begun, next_attempt_at FROM inbox
                WHERE queue = \(queue) AND status = 'retry' AND next_attempt_at <= now()
                ORDER BY next_attempt_at LIMIT \(limit) FOR UPDATE SKIP LOCKED),
            chosen AS (
                SELECT message_id, row_number() OVER (ORDER BY begun > 1 DESC, next_attempt_at) AS place,
                       bool_or(begun > 1) OVER () AS any_alone FROM due)
            UPDATE inbox SET attempts = attempts + 1, begun = begun + 1, next_attempt_at = \(query: Self.leaseEnd)
            WHERE message_id = ANY(ARRAY(SELECT message_id FROM chosen WHERE place = 1 OR NOT any_alone))
            RETURNING body, attempts, begun
            """
        ).map { row in
            Due(
                incoming: Incoming(body: try row.get("body")), attempts: try row.get("attempts"),
                unended: try row.get("begun", as: Int.self) - 1)
        }
    }

    /// Keeps a row that the caller is at from others for another lease.
    func renew(_ id: String, in pool: PostgresPool) async throws {
        // Whoever has put it off has said when.
        try await pool.query(
            """
            UPDATE inbox SET next_attempt_at = \(query: Self.leaseEnd)
            WHERE message_id = \(id) AND status = 'retry' AND next_attempt_at < \(query: Self.leaseEnd)
            """)
    }

    /// Turns a row that is still to be done into one that is; false when another worker, or another delivery, was first.
    func finishRetry(_ header: CloudEventHeader, in work: UnitOfWork) async throws -> Bool {
        let finished = try await work.query(
            """
            UPDATE inbox SET status = 'done', done_at = now(), next_attempt_at = NULL, body = NULL, last_error = NULL
            WHERE message_id = \(header.id) AND status = 'retry'
            """
        ).affectedRows
        guard finished == 1 else { return false }
        return try await work.query(
            """
            INSERT INTO inbox_done (message_id, said_at, queue) VALUES (\(header.id), coalesce(\(header.saidAt), '-infinity'), \(queue))
            ON CONFLICT (message_id, said_at) DO NOTHING
            """
        ).affectedRows == 1
    }

    /// Puts a row off after another failure.
    func putOff(_ id: String, by delay: Duration, because reason: String, in work: UnitOfWork) async throws {
        try await work.send(
            """
            UPDATE inbox SET begun = 0, next_attempt_at = now() + make_interval(secs => \(delay.inSeconds)), last_error = \(Self.clean(reason))
            WHERE message_id = \(id) AND status = 'retry'
            """)
    }

    /// Gives a row up; whether it was still open.
    func giveUp(_ id: String, because reason: String, in work: UnitOfWork) async throws -> Bool {
        try await work.query(
            """
            UPDATE inbox SET status = 'parked', next_attempt_at = NULL, last_error = \(Self.clean(reason))
            WHERE message_id = \(id) AND status = 'retry'
            """
        ).affectedRows == 1
    }

    /// Error text as it may be stored: no NUL, and not longer than a page.
    private static func clean(_ reason: String) -> String { String(reason.replacing("\0", with: "").prefix(2000)) }
}

extension Duration {
    /// The duration in seconds with its fraction, as PostgreSQL's intervals take it.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
