package import Postgres

/// A table whose changes are in the trail: each statement that changes it adds, as one and the same statement, an entry for every row that
/// became another, with what it was before and what it is now.
package struct AuditedTable: Sendable {
    private let table: String
    private let key: [String]
    private let object: String
    private let name: String
    private let user: String
    private let hidden: String
    private let ignored: String

    /// The table `table`, whose rows have a `key` of one column, or of several with commas between, and are each about an `object`.
    ///
    /// `named` and `user` are SQL for the object's id and for whom it concerns, of a row called `changed`. Columns in `hiding` are left out of
    /// the entries; those in `ignoring` too, and a change of nothing else (or of `updated_at`) is none.
    package init(
        _ table: String, key: String, of object: String, named: String? = nil, user: String = "changed.user_id",
        hiding: [String] = [], ignoring: [String] = []
    ) {
        self.table = table
        self.key = key.split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
        self.object = object
        name = named ?? "changed.\(self.key[0])::text"
        self.user = user
        hidden = Self.array(hiding + ignoring)
        ignored = Self.array(ignoring + ["updated_at"])
    }

    private static func array(_ columns: [String]) -> String { "'{\(columns.joined(separator: ","))}'::text[]" }

    /// A statement that adds or changes rows, to be run anywhere: by itself it is a transaction. It has no RETURNING of its own; what it
    /// returns is `returning`, of the rows as they are then, which are called `changed`.
    ///
    /// `rows` are those that may be there already, by a condition on their columns; nil where `statement` only adds. `name` is what it calls the
    /// table.
    package func change(
        _ action: String, of rows: Query?, by statement: Query, calling name: String? = nil, personal: [String: String] = [:],
        returning: Query = "changed.*"
    ) -> Query {
        let parts: Query = """
            WITH changed AS (\(query: statement) RETURNING \(unsafe: name ?? table).*),
            \(query: entry(of: rows))
            """
        return (parts + Audit.additions(action, to: object, personal: personal) + "SELECT \(query: returning) FROM changed")
    }

    /// The same for a statement by which many messages at once change rows: `heard` names the message behind each row, by the row's key; of
    /// several columns, with spaces between. Of two messages about one row only one may be given. Where the key has several columns, `rows` are
    /// those that may be there already, by a condition on their columns; with `isNew` there is none.
    package func change(
        _ action: String, heard: [(key: String, message: String)], of rows: Query? = nil, isNew: Bool = false, by statement: Query,
        calling name: String,
        returning: Query = "count(*)"
    ) -> Query {
        let known = rows ?? Query(unsafe: "\(key[0]) IN (SELECT key FROM heard)")
        let place = key.map { "changed.\($0)" }.joined(separator: " || ' ' || ")
        let parts: Query = """
            WITH heard AS MATERIALIZED (SELECT * FROM unnest(\(heard.map(\.key)), \(heard.map(\.message))) AS heard (key, message_id)),
            changed AS (\(query: statement) RETURNING \(unsafe: name).*),
            \(query: entry(of: isNew ? nil : known, ", heard.message_id", joining: "JOIN heard ON heard.key = \(place)"))
            """
        return parts + Audit.additions(action, to: object, personal: [:], eachBy: "entry.message_id")
            + "SELECT \(query: returning) FROM changed"
    }

    /// The part `entry` of a statement that has `changed`: what differs of each row that became another, beside the `rows` that were there.
    /// `columns` are further ones, of what is joined. A part of the statement and no function: PostgreSQL would start that anew for each row.
    private func entry(of rows: Query?, _ columns: String = "", joining further: String = "") -> Query {
        guard let rows else { return addition(columns, joining: further) }
        return """
            known AS MATERIALIZED (SELECT * FROM \(unsafe: table) WHERE \(query: rows)),
            entry AS MATERIALIZED (
                SELECT nextval('audit_ids') AS id, \(unsafe: name) AS object_id, \(unsafe: user) AS user_id\(unsafe: columns),
                       difference.before, difference.after
                FROM changed \(unsafe: further) LEFT JOIN known USING (\(unsafe: key.joined(separator: ", ")))
                -- OFFSET: each row is written as JSON once, not for each mention.
                CROSS JOIN LATERAL (SELECT to_jsonb(known) AS was, to_jsonb(changed) AS became OFFSET 0) AS json
                CROSS JOIN LATERAL (
                    SELECT jsonb_object_agg(key, was -> key) FILTER (WHERE was IS NOT NULL AND key <> ALL(\(unsafe: hidden))) AS before,
                           jsonb_object_agg(key, value) FILTER (WHERE (was IS NOT NULL OR value <> 'null') AND key <> ALL(\(unsafe: hidden))) AS after,
                           count(*) AS columns
                    FROM jsonb_each(became) WHERE key <> ALL(\(unsafe: ignored)) AND value IS DISTINCT FROM was -> key) AS difference
                WHERE difference.columns > 0)
            """
    }

    /// The same where no row was there: all that the new ones say.
    private func addition(_ columns: String, joining further: String) -> Query {
        """
        entry AS MATERIALIZED (
            SELECT nextval('audit_ids') AS id, \(unsafe: name) AS object_id, \(unsafe: user) AS user_id\(unsafe: columns), NULL::jsonb AS before,
                   (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(changed) - 'updated_at' - \(unsafe: hidden))
                    WHERE value <> 'null') AS after
            FROM changed \(unsafe: further))
        """
    }

    /// The same for a statement that removes rows.
    package func removal(_ action: String, by statement: Query, returning: Query = "changed.*") -> Query {
        let entry: Query = """
            WITH changed AS (\(query: statement) RETURNING *),
            entry AS MATERIALIZED (
                SELECT nextval('audit_ids') AS id, \(unsafe: name) AS object_id, \(unsafe: user) AS user_id,
                       audit_difference(to_jsonb(changed) - \(unsafe: hidden), NULL) AS before, NULL::jsonb AS after
                FROM changed)
            """
        return (entry + Audit.additions(action, to: object, personal: [:]) + "SELECT \(query: returning) FROM changed")
    }
}
