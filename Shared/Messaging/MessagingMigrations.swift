package import Postgres

/// The tables that every service has for its messages: `outbox` and `inbox`.
package let messagingMigrations = [Migration(name: "V0001_messaging", bytes: PackageResources.V0001_messaging_sql)]
