package import Postgres

/// The tables that every service has: `outbox` and `inbox` for its messages, `periodic_work` and `alerts` for its upkeep,
/// `idempotency_keys` for its callers.
package let messagingMigrations = [
    Migration(name: "V0001_messaging", bytes: PackageResources.V0001_messaging_sql),
    Migration(name: "V0002_upkeep", bytes: PackageResources.V0002_upkeep_sql),
    Migration(name: "V0003_leases", bytes: PackageResources.V0003_leases_sql),
    Migration(name: "V0004_idempotency_keys", bytes: PackageResources.V0004_idempotency_keys_sql),
]
