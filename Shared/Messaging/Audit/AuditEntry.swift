import Crypto
import Foundation
package import Models
package import Postgres
import ServiceContextModule

/// One thing that was done and that no row of a table tells: an entry of the trail written by hand. What changes rows is written by
/// `AuditedTable`.
package struct AuditEntry: Sendable {
    /// What was done, such as `portal_session.opened`.
    package var action: String
    /// What it was done to: the kind of thing and its id.
    package var object: (type: String, id: String)
    /// Whom it concerns, where that is known.
    package var user: UserID?
    /// What may be told of it, as a JSON object.
    package var after: JSON?
    /// What may be erased one day, such as free words of an admin.
    package var personal: [String: String]

    /// An entry of these parts.
    package init(
        _ action: String, _ type: String, _ id: String, user: UserID? = nil, after: JSON? = nil, personal: [String: String] = [:]
    ) {
        self.action = action
        object = (type, id)
        self.user = user
        self.after = after
        self.personal = personal
    }

    /// The statement that adds it, by whoever acts in the present task.
    package var statement: Query {
        let entry: Query = """
            WITH entry AS MATERIALIZED (
                SELECT nextval('audit_ids') AS id, \(object.id) AS object_id, \(user) AS user_id, NULL::jsonb AS before, \(after) AS after)
            """
        return (entry + Audit.additions(action, to: object.type, personal: personal) + "SELECT FROM entry")
    }
}

extension Query {
    /// This statement, which changes rows and returns them, with one entry for all of them where there are any: `id` and `after` are SQL over what
    /// it returns.
    package func auditedTogether(_ action: String, to type: String, id: String, after: String) -> Query {
        let entry: Query = """
            WITH changed AS (\(query: self)),
            entry AS MATERIALIZED (
                SELECT nextval('audit_ids') AS id, object_id, NULL::text AS user_id, NULL::jsonb AS before, after
                FROM (SELECT \(unsafe: id) AS object_id, \(unsafe: after) AS after FROM changed HAVING count(*) > 0) AS these)
            """
        return (entry + Audit.additions(action, to: type, personal: [:]) + "SELECT * FROM changed")
    }
}

/// What all ways into the trail share.
enum Audit {
    /// The rest of a `WITH` whose part `entry` has the columns id, object_id, user_id, before and after: adds them to the trail. `message` is SQL
    /// for the message behind each entry, where that is not the one which the present task handles.
    static func additions(_ action: String, to type: String, personal: [String: String], eachBy message: String? = nil) -> Query {
        let acting = Acting.current
        let context = ServiceContext.current
        let event: Query
        if let message {
            event = "CASE WHEN \(unsafe: message) LIKE 'evt\\_%' THEN split_part(\(unsafe: message), '#', 1) END"
        } else {
            event = "\(context?.messageID.flatMap(stripeEvent))"
        }
        let message: Query = message.map { Query(unsafe: $0) } ?? "\(context?.messageID)"
        let personal = Personal(personal.merging(acting.address.map { ["address": $0] } ?? [:]) { given, _ in given })
        return """
            , logged AS (
                INSERT INTO audit_log (id, actor_kind, actor, action, origin, object_type, object_id, user_id, before, after, request_id,
                                       message_id, event_id, personal_sha256)
                SELECT id, \(acting.kind.rawValue), \(acting.name), \(action), \(acting.origin), \(type), object_id, user_id, before, after,
                       \(context?.requestID), \(query: message), \(query: event), \(personal?.sha256)
                FROM entry
            ), queued AS (
                INSERT INTO audit_unsealed (id) SELECT id FROM entry
            )
            """ + (personal.map(\.addition) ?? "") + " "
    }

    /// The event that a message tells of; a replay has the id `evt_…#n`.
    private static func stripeEvent(ofMessage id: String) -> String? {
        id.hasPrefix("evt_") ? String(id.prefix { $0 != "#" }) : nil
    }

    /// What an entry only holds the hash of.
    private struct Personal {
        let salt: [UInt8]
        let fields: String
        let sha256: [UInt8]

        init?(_ values: [String: String]) {
            guard !values.isEmpty, let json = try? WireJSON.encode(values) else { return nil }
            salt = (0..<16).map { _ in .random(in: .min ... .max) }
            fields = String(decoding: json, as: UTF8.self)
            sha256 = Array(SHA256.hash(data: salt + json))
        }

        /// The part that keeps it, where there is an entry.
        var addition: Query {
            """
            , kept AS (
                INSERT INTO audit_personal (sha256, salt, fields) SELECT \(sha256), \(salt), \(fields) WHERE EXISTS (SELECT FROM entry))
            """
        }
    }
}
