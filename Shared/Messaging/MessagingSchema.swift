package import Postgres

/// The tables that every service has: `outbox` and `inbox` for its messages, `periodic_work` and `alerts` for its upkeep,
/// `idempotency_keys` for its callers.
package let messagingSchema = Schema(
    migrations: [
        Migration(name: "V0001_messaging", bytes: PackageResources.V0001_messaging_sql),
        Migration(name: "V0002_upkeep", bytes: PackageResources.V0002_upkeep_sql),
        Migration(name: "V0003_leases", bytes: PackageResources.V0003_leases_sql),
        Migration(name: "V0004_idempotency_keys", bytes: PackageResources.V0004_idempotency_keys_sql),
        Migration(name: "V0005_upkeep_by_the_owner", bytes: PackageResources.V0005_upkeep_by_the_owner_sql),
    ],
    privileges: [
        "TABLE outbox": "SELECT, INSERT, UPDATE (published_at, not_before)",
        "TABLE inbox": "SELECT, INSERT, UPDATE",
        "TABLE periodic_work": "SELECT, INSERT, UPDATE",
        "TABLE alerts": "SELECT, INSERT, UPDATE",
        "TABLE idempotency_keys": "SELECT, INSERT, UPDATE, DELETE",
        "FUNCTION purge(integer)": "EXECUTE",
    ])
