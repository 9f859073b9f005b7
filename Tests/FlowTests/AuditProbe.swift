import Postgres
import TestKit

/// Looks at every change of a service's tables, by triggers of the test's own, and tells which transactions left no entry in the trail.
struct AuditProbe: Sendable {
    /// What carries messages, is somebody's turn, or is a copy of what can be asked for again.
    private static let technical = [
        "outbox_said", "outbox_messages", "outbox_pending", "webhooks_pending", "inbox", "inbox_done", "periodic_work", "alerts",
        "broker_marker", "lost_queues",
        "idempotency_keys",
        "schema_migrations", "strangers", "read_budget", "audit_log",
        "audit_personal", "audit_unsealed", "audit_seals", "audit_proof",
        // The seals of the trails themselves: an entry for each would ask for a seal, for ever.
        "audit_heads",
    ]
    /// Columns of the same kind.
    private static let ignored = [
        "updated_at", "source_time", "word_at", "method_at", "read_ticket", "published_at", "not_before", "claim", "claimed_until",
        "attempts", "last_error", "asked_at", "asks", "looked_at", "retry_at", "check_at", "proven_at", "next_try_at",
    ]

    let database: TestDatabase

    /// Watches the schemas of all services, whose tables are made for it.
    static func watch(_ database: TestDatabase) async throws -> AuditProbe {
        for (role, _, schema) in RoleTests.schemas { _ = try await database.pool(role: role, with: schema) }
        let pool = database.superuser
        try await pool.query("CREATE SCHEMA probe")
        try await pool.query("CREATE TABLE probe.changes (at_schema text, at_table text, operation text, xid xid)")
        try await pool.query(
            """
            CREATE FUNCTION probe.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF TG_OP <> 'UPDATE' OR to_jsonb(OLD) - TG_ARGV[0]::text[] IS DISTINCT FROM to_jsonb(NEW) - TG_ARGV[0]::text[] THEN
                    INSERT INTO probe.changes VALUES (TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP, pg_current_xact_id()::xid);
                END IF;
                RETURN NULL;
            END $$
            """)
        let tables = try await pool.query(
            """
            SELECT oid::regclass::text AS name FROM pg_class
            WHERE relnamespace::regnamespace::text = ANY(\(RoleTests.schemas.map(\.role))) AND relkind IN ('r', 'p') AND NOT relispartition
              AND relname <> ALL(\(technical))
            """)
        for table in tables {
            let columns = "{\(ignored.joined(separator: ","))}"
            try await pool.query(
                """
                CREATE TRIGGER probe AFTER INSERT OR UPDATE OR DELETE ON \(unsafe: try table.get("name")) FOR EACH ROW
                EXECUTE FUNCTION probe.note('\(unsafe: columns)')
                """)
        }
        return AuditProbe(database: database)
    }

    /// Changes without an entry in the trail of their own schema, committed with them.
    func silentChanges() async throws -> [String] {
        var silent: [String] = []
        for (role, _, _) in RoleTests.schemas {
            silent += try await database.superuser.query(
                """
                SELECT DISTINCT concat_ws(' ', operation, at_schema, at_table) AS change FROM probe.changes
                WHERE at_schema = \(role)
                  AND xid::text NOT IN (SELECT xmin::text FROM \(unsafe: role).audit_log)
                ORDER BY 1
                """
            ).map { try $0.get("change") }
        }
        return silent
    }

    /// How many changes there were.
    func count() async throws -> Int64 {
        try await database.superuser.query("SELECT count(*) AS count FROM probe.changes")[0].get("count")
    }
}
