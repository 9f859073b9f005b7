package import Postgres

/// The tables that every service has: `outbox_said`, `inbox` and `inbox_done` for its messages, `periodic_work` and `alerts` for its upkeep,
/// `idempotency_keys` for its callers, and the trail of what it did.
package let messagingSchema = Schema(
    migrations: [
        Migration(name: "V0001_messaging", bytes: PackageResources.V0001_messaging_sql),
        Migration(name: "V0002_upkeep", bytes: PackageResources.V0002_upkeep_sql),
        Migration(name: "V0003_leases", bytes: PackageResources.V0003_leases_sql),
        Migration(name: "V0004_idempotency_keys", bytes: PackageResources.V0004_idempotency_keys_sql),
        Migration(name: "V0005_upkeep_by_the_owner", bytes: PackageResources.V0005_upkeep_by_the_owner_sql),
        Migration(name: "V0006_audit", bytes: PackageResources.V0006_audit_sql),
        Migration(name: "V0007_alert_remedies", bytes: PackageResources.V0007_alert_remedies_sql),
        Migration(name: "V0008_audit_difference", bytes: PackageResources.V0008_audit_difference_sql),
        Migration(name: "V0009_outbox_pending", bytes: PackageResources.V0009_outbox_pending_sql),
        Migration(name: "V0010_by_time", bytes: PackageResources.V0010_by_time_sql),
        Migration(name: "V0011_seal_from_behind", bytes: PackageResources.V0011_seal_from_behind_sql),
        Migration(name: "V0012_faults_of_long_trails", bytes: PackageResources.V0012_faults_of_long_trails_sql),
        Migration(name: "V0013_lists_by_index", bytes: PackageResources.V0013_lists_by_index_sql),
        Migration(name: "V0014_markers", bytes: PackageResources.V0014_markers_sql),
    ],
    privileges: [
        "TABLE outbox_said": "SELECT, INSERT",
        "SEQUENCE outbox_id_seq": "USAGE",
        // A replica of the version before says what it says here.
        "TABLE outbox_messages": "SELECT, INSERT",
        "TABLE outbox_pending": "SELECT, INSERT, UPDATE (not_before, returns), DELETE",
        "outbox": "SELECT, INSERT",
        "TABLE inbox": "SELECT, INSERT, UPDATE",
        "TABLE inbox_done": "SELECT, INSERT",
        "inbox_heard": "SELECT",
        "TABLE periodic_work": "SELECT, INSERT, UPDATE",
        "TABLE broker_marker": "SELECT, INSERT, UPDATE",
        "TABLE lost_queues": "SELECT, INSERT, DELETE",
        "TABLE alerts": "SELECT, INSERT, UPDATE",
        "TABLE idempotency_keys": "SELECT, INSERT, UPDATE, DELETE",
        "FUNCTION purge(text, integer)": "EXECUTE",
        "FUNCTION turn_partitions(text, timestamptz)": "EXECUTE",
        // Whoever adds an entry cannot say when that was.
        "TABLE audit_log": "INSERT (id, actor_kind, actor, action, origin, object_type, object_id, user_id, before, after, request_id, "
            + "message_id, event_id, personal_sha256)",
        "TABLE audit_personal": "INSERT",
        "TABLE audit_unsealed": "INSERT",
        "TABLE audit_seals": "",
        "TABLE audit_proof": "",
        "SEQUENCE audit_ids": "USAGE",
        "FUNCTION audit_difference(jsonb, jsonb)": "EXECUTE",
        "FUNCTION seal_audit(integer)": "EXECUTE",
        "FUNCTION audit_faults(bigint, bigint)": "EXECUTE",
        "FUNCTION verify_audit(integer)": "EXECUTE",
        "FUNCTION audit_state(bigint[], timestamptz)": "EXECUTE",
        "FUNCTION audit_page(text, text, text, timestamptz, timestamptz, timestamptz, bigint, integer)": "EXECUTE",
    ])
