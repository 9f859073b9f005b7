package import Messages
import Messaging
package import Models
import Postgres

/// One entry of a trail, as admins see it.
package struct AuditRecord: Codable, Sendable, Hashable {
    /// Who did it.
    package struct Actor: Codable, Sendable, Hashable {
        /// `user`, `admin`, `stripe` or `worker`.
        package var kind: String
        /// The id of a user or an admin, `stripe`, or the name of a worker.
        package var id: String
    }

    /// What it was done to.
    package struct Object: Codable, Sendable, Hashable {
        /// The kind of thing, such as `payment`.
        package var type: String
        /// Its id.
        package var id: String
    }

    /// Whose trail it is in.
    package var service: ServiceName
    /// Its number there.
    package var id: Int64
    /// When, RFC 3339 in UTC to the microsecond, so that it also sorts.
    package var at: String
    /// Who.
    package var actor: Actor
    /// What was done.
    package var action: String
    /// The route, the queue or the work by which it was done.
    package var origin: String
    /// To what.
    package var object: Object
    /// Whom it concerns, where that is known.
    package var userID: UserID?
    /// What differs, as it was.
    package var before: JSONTree?
    /// The same as it became.
    package var after: JSONTree?
    /// The request that it was done in.
    package var requestID: String?
    /// The message that it was done for.
    package var messageID: String?
    /// Stripe's event behind that message.
    package var eventID: EventID?
    /// From which address, and what was written in free words; nil where there is nothing, or it was erased.
    package var personal: JSONTree?
}

/// Which entries of a trail are meant: all that fit everything that is given.
package struct AuditFilter: Sendable, Hashable {
    /// Whom they concern.
    package var userID: String?
    /// `user`, `admin`, `stripe` or `worker`, or the id of a user or an admin.
    package var actor: String?
    /// What was done.
    package var action: String?
    /// From then on, RFC 3339.
    package var from: String?
    /// Up to then, not included.
    package var to: String?

    /// Reads the filter of a request; throws a 400 that names what does not fit.
    package init(_ query: QueryParameters) throws {
        (userID, actor, action) = (query.text("user_id"), query.text("actor"), query.text("action"))
        from = try query.date("from").map(WireJSON.time)
        to = try query.date("to").map(WireJSON.time)
    }

    /// The same for another service's address, and for the entry that tells of the read.
    package var parameters: [String: String] {
        ["user_id": userID, "actor": actor, "action": action, "from": from, "to": to].compactMapValues(\.self)
    }
}

/// A place in a trail: behind the entry made then with that number.
package struct AuditPlace: Sendable, Hashable {
    /// As in `AuditRecord`.
    package var at: String
    /// The number; beyond all of them, or before, where all entries of that moment are meant, or none.
    package var id: Int64

    package init(at: String, id: Int64) {
        self.at = at
        self.id = id
    }

    /// Reads the cursor that `cursor` made; anything else is a 400.
    package init(_ cursor: PageCursor) throws {
        guard cursor.parts.count == 2, let id = Int64(cursor.parts[1]), Self.isTime(cursor.parts[0]) else {
            throw APIError.foreignCursor
        }
        self.init(at: cursor.parts[0], id: id)
    }

    /// The place as callers carry it.
    package var cursor: PageCursor { PageCursor(at, "\(id)") }

    /// Whether a text is a time as `AuditRecord` has it.
    package static func isTime(_ text: String) -> Bool {
        text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil && WireJSON.date(String(text.prefix(19)) + "Z") != nil
    }
}

extension AuditRecord {
    /// One page of the trail in the schema of `pool`, the newest first, with one entry more than `limit` where there are more.
    static func page(
        of service: ServiceName, _ filter: AuditFilter, behind place: AuditPlace?, limit: Int, in pool: PostgresPool
    ) async throws -> [AuditRecord] {
        try await pool.query(
            """
            SELECT *, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time
            FROM audit_page(\(filter.userID), \(filter.actor), \(filter.action), \(filter.from)::timestamptz, \(filter.to)::timestamptz,
                            \(place?.at)::timestamptz, \(place?.id), \(Int32(limit + 1)))
            ORDER BY at DESC, id DESC
            """
        ).map { row in
            AuditRecord(
                service: service, id: try row.get("id"), at: try row.get("time"),
                actor: Actor(kind: try row.get("actor_kind"), id: try row.get("actor")), action: try row.get("action"),
                origin: try row.get("origin"), object: Object(type: try row.get("object_type"), id: try row.get("object_id")),
                userID: try row.get("user_id"), before: try JSONTree(row.get("before")),
                after: try JSONTree(row.get("after")), requestID: try row.get("request_id"),
                messageID: try row.get("message_id"), eventID: try row.get("event_id"),
                personal: try JSONTree(row.get("personal", as: String?.self).map { JSON($0) }))
        }
    }
}
