import Foundation
import Messages
import Messaging
import Models
import Postgres

/// Enforcement's newest word on a user.
struct AccessRow: Sendable, Hashable {
    var wanted: AccessLevel
    var entitledUntil: Date?
    var decidedAt: Date
}

/// The table `access`.
enum Access {
    private static let trail = AuditedTable("access", key: "user_id", of: "access")

    /// Keeps the newest word on each: of the highest generation, and within one of the latest read, which may have moved `entitled_until`.
    static func record(_ messages: [Heard<AccessChanged>], in work: UnitOfWork) async throws {
        let newest = Dictionary(messages.map { ($0.message.userID.rawValue, $0) }) { one, other in
            (one.message.generation, one.message.decidedAt) > (other.message.generation, other.message.decidedAt) ? one : other
        }
        let heard = newest.values.sorted { $0.message.userID.rawValue < $1.message.userID.rawValue }
        let changes = heard.map(\.message)
        try await work.send(
            trail.change(
                "access.heard", heard: heard.map { ($0.message.userID.rawValue, $0.id) },
                by: """
                    INSERT INTO access AS known (user_id, generation, wanted, reason, entitled_until, decided_at, since)
                    SELECT user_id, generation, wanted, reason, entitled_until, decided_at, decided_at
                    FROM unnest(\(changes.map(\.userID)), \(changes.map(\.generation)), \(changes.map(\.wanted.rawValue)),
                                \(changes.map(\.reason)), \(changes.map(\.entitledUntil)), \(changes.map(\.decidedAt)))
                         AS told (user_id, generation, wanted, reason, entitled_until, decided_at)
                    ON CONFLICT (user_id) DO UPDATE
                    SET generation = excluded.generation, wanted = excluded.wanted, reason = excluded.reason,
                        entitled_until = excluded.entitled_until, decided_at = excluded.decided_at,
                        since = CASE WHEN known.wanted = excluded.wanted THEN known.since ELSE excluded.since END
                    WHERE (known.generation, known.decided_at) < (excluded.generation, excluded.decided_at)
                    """, calling: "known"))
    }

    static func find(_ user: UserID, in database: some Querying) async throws -> AccessRow? {
        try await database.query("SELECT wanted, entitled_until, decided_at FROM access WHERE user_id = \(user)").first.map(read)
    }

    static func read(_ row: Row) throws -> AccessRow {
        AccessRow(wanted: try row.get("wanted"), entitledUntil: try row.get("entitled_until"), decidedAt: try row.get("decided_at"))
    }
}
