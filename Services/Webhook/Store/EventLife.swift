import Foundation
import Models
import Postgres

/// What became of one event, from the signed bytes to the last report: the evidence behind whatever was done because of it.
struct EventLife: Sendable {
    /// What proves that it is Stripe's.
    struct Proof: Sendable, Encodable {
        let sha256: String
        /// Nil once the payload was removed.
        let bytes: Int32?
        let signatureHeader: String?
        let secretFingerprint: String?
    }

    /// A subscriber's report.
    struct Outcome: Sendable, Encodable {
        let service: String
        let outcome: String
        let error: String?
        let attempts: Int32
        let at: Date
    }

    /// A publication beyond the first.
    struct Replay: Sendable, Encodable {
        let number: Int32
        let messageID: String
        let requestedBy: String
        let reason: String?
        let at: Date
    }

    /// A delivery with another body.
    struct Conflict: Sendable, Encodable {
        let sha256: String
        let signatureHeader: String
        let secretFingerprint: String
        let at: Date
    }

    let proof: Proof
    let outcomes: [Outcome]
    let replays: [Replay]
    let conflicts: [Conflict]

    /// Everything about an event that is stored.
    init(of id: EventID, in pool: PostgresPool) async throws {
        proof = try await pool.query(
            """
            SELECT encode(coalesce(raw_sha256, sha256(raw_data)), 'hex') AS sha256, octet_length(raw_data) AS bytes, signature_header,
                   secret_fingerprint
            FROM stripe_webhooks WHERE stripe_event_id = \(id)
            """
        ).map { row in
            Proof(
                sha256: try row.get("sha256"), bytes: try row.get("bytes"), signatureHeader: try row.get("signature_header"),
                secretFingerprint: try row.get("secret_fingerprint"))
        }[0]
        outcomes = try await pool.query(
            "SELECT service, outcome, error, attempts, at FROM event_outcomes WHERE stripe_event_id = \(id) ORDER BY at, service"
        ).map { row in
            Outcome(
                service: try row.get("service"), outcome: try row.get("outcome"), error: try row.get("error"),
                attempts: try row.get("attempts"), at: try row.get("at"))
        }
        replays = try await pool.query(
            "SELECT number, requested_by, reason, requested_at FROM event_replays WHERE stripe_event_id = \(id) ORDER BY number"
        ).map { row in
            Replay(
                number: try row.get("number"), messageID: PublishedEvents.messageID(of: id, replay: try row.get("number")),
                requestedBy: try row.get("requested_by"), reason: try row.get("reason"),
                at: try row.get("requested_at"))
        }
        conflicts = try await pool.query(
            """
            SELECT encode(raw_sha256, 'hex') AS sha256, signature_header, secret_fingerprint, received_at FROM event_conflicts
            WHERE stripe_event_id = \(id) ORDER BY id
            """
        ).map { row in
            Conflict(
                sha256: try row.get("sha256"), signatureHeader: try row.get("signature_header"),
                secretFingerprint: try row.get("secret_fingerprint"), at: try row.get("received_at"))
        }
    }
}
