package import Logging

/// The tables of one service: how they came to be, and what the service may do with them once it runs.
///
/// They belong to an owner, as whom they are made and changed. The service works as another role, so that neither a mistake in it nor
/// whoever speaks through it can do more than what is listed here: what upkeep needs beyond that are functions of the owner.
package struct Schema: Sendable {
    /// From the first day on, in order.
    package var migrations: [Migration]
    /// What the running service may do, in GRANT's own words: `["TABLE payments": "SELECT, INSERT, UPDATE (status)"]`. What is not
    /// here, or has nothing granted, is out of its reach.
    package var privileges: [String: String]

    /// A schema of these parts.
    package init(migrations: [Migration] = [], privileges: [String: String] = [:]) {
        self.migrations = migrations
        self.privileges = privileges
    }

    /// Both in one schema: first what `base` has, then what `more` adds to it.
    package static func + (base: Schema, more: Schema) -> Schema {
        Schema(
            migrations: base.migrations + more.migrations,
            privileges: base.privileges.merging(more.privileges) { _, more in more })
    }
}

/// Brings a schema up to date: applies its migrations as `owner`, and grants `role` what the running service may do, and nothing else.
///
/// An owner that is `role` itself needs no grants, and gets none: it may do anything. Otherwise as `migrate` for migrations alone.
package func migrate(_ owner: PostgresPool, _ schema: Schema, for role: String, logger: Logger) async throws {
    try await migrate(owner, schema.migrations, logger: logger)
    try await owner.withTransaction(timeout: .seconds(60)) { transaction in
        try await lockSchema(transaction)
        let names = try await transaction.query(
            """
            SELECT current_user <> \(role) AS differ, quote_ident(\(role)) AS role, quote_ident(current_schema()) AS schema
            """)[0]
        guard try names.get("differ") else { return }
        let (grantee, schemaName) = (try names.get("role", as: String.self), try names.get("schema", as: String.self))
        // In one transaction: nobody sees the moment in which nothing is granted.
        for kind in ["TABLES", "SEQUENCES", "FUNCTIONS"] {
            try await transaction.query("REVOKE ALL ON ALL \(unsafe: kind) IN SCHEMA \(unsafe: schemaName) FROM \(unsafe: grantee)")
        }
        for (object, privileges) in schema.privileges.sorted(by: { $0.key < $1.key }) where !privileges.isEmpty {
            try await transaction.query("GRANT \(unsafe: privileges) ON \(unsafe: object) TO \(unsafe: grantee)")
        }
    }
}
