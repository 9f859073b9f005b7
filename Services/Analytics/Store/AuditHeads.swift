import Messages
import Messaging
import Postgres
import ServiceKit

/// The table `audit_heads`: the seals that services have told of.
enum AuditHeads {
    /// Keeps a seal; false when another hash was told for its place before.
    static func keep(_ seal: AuditSealed, in work: UnitOfWork) async throws -> Bool {
        let added = try await work.query(
            """
            INSERT INTO audit_heads (service, sequence, hash) VALUES (\(seal.service), \(seal.sequence), \(seal.hash))
            ON CONFLICT (service, sequence) DO NOTHING
            """)
        guard added.affectedRows == 0 else { return true }
        return try await !work.query(
            "SELECT FROM audit_heads WHERE service = \(seal.service) AND sequence = \(seal.sequence) AND hash = \(seal.hash)"
        ).isEmpty
    }

    /// Of each service the newest seal, and others spread over the whole of its trail: at most `most` of each, the oldest first.
    static func spread(_ most: Int, in pool: PostgresPool) async throws -> [ServiceName: [AuditVerification.Seal]] {
        let rows = try await pool.query(
            """
            SELECT head.service, head.sequence, head.hash
            FROM (SELECT service, max(sequence) AS newest FROM audit_heads GROUP BY service) AS known
            CROSS JOIN LATERAL (SELECT DISTINCT known.newest - (known.newest * place) / \(Int64(most)) AS sequence
                                FROM generate_series(0, \(Int64(most - 1))) AS place) AS chosen
            JOIN audit_heads AS head ON head.service = known.service AND head.sequence = chosen.sequence
            ORDER BY 1, 2
            """)
        return try rows.reduce(into: [:]) { heads, row in
            guard let service = ServiceName(rawValue: try row.get("service")) else { return }
            heads[service, default: []].append(.init(sequence: try row.get("sequence"), hash: try row.get("hash")))
        }
    }
}
