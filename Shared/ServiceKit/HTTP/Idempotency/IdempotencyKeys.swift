import Models
import Postgres

/// The table `idempotency_keys`: which requests of users are being answered, and how they were.
struct IdempotencyKeys: Sendable {
    /// A request under a user's key.
    struct Claim: Sendable {
        let user: UserID
        let key: String
        /// All that makes it the same request.
        let request: [UInt8]
    }

    /// How a request stands to those before it.
    enum Verdict {
        /// It is the first: whoever claimed it answers it.
        case mine
        /// It was answered.
        case answered(Answer)
        /// The first is being answered.
        case inHand
        /// The key belongs to another request.
        case another
    }

    let pool: PostgresPool

    func claim(_ claim: Claim) async throws -> Verdict {
        let claimed = try await pool.query(
            """
            INSERT INTO idempotency_keys AS known (user_id, key, request_sha256, claimed_until)
            VALUES (\(claim.user), \(claim.key), sha256(\(claim.request)), now() + interval '1 minute')
            ON CONFLICT (user_id, key) DO UPDATE
            SET request_sha256 = excluded.request_sha256, claimed_until = excluded.claimed_until, created_at = now(), status = NULL,
                content_type = NULL, body = NULL
            WHERE known.created_at < now() - interval '24 hours'
               OR known.claimed_until < now() AND known.request_sha256 = excluded.request_sha256
            """)
        if claimed.affectedRows == 1 { return .mine }
        let rows = try await pool.query(
            """
            SELECT request_sha256 = sha256(\(claim.request)) AS is_same, status, content_type, body FROM idempotency_keys
            WHERE user_id = \(claim.user) AND key = \(claim.key)
            """)
        // Gone again: the first was refused a moment ago, and the caller may come once more.
        guard let row = rows.first else { return .inHand }
        guard try row.get("is_same") else { return .another }
        guard let status = try row.get("status", as: Int32?.self) else { return .inHand }
        return .answered(Answer(status: Int(status), contentType: try row.get("content_type"), body: try row.get("body")))
    }

    func keep(_ answer: Answer, of claim: Claim) async throws {
        try await pool.query(
            """
            UPDATE idempotency_keys
            SET status = \(Int32(answer.status)), content_type = \(answer.contentType), body = \(answer.body), claimed_until = NULL
            WHERE user_id = \(claim.user) AND key = \(claim.key) AND request_sha256 = sha256(\(claim.request)) AND status IS NULL
            """)
    }

    func release(_ claim: Claim) async throws {
        try await pool.query(
            """
            DELETE FROM idempotency_keys
            WHERE user_id = \(claim.user) AND key = \(claim.key) AND request_sha256 = sha256(\(claim.request)) AND status IS NULL
            """)
    }
}
