import Messaging
import Postgres

/// The schema of analytics, from its first day on.
let analyticsSchema =
    messagingSchema
    + Schema(
        migrations: [
            Migration(name: "V0001_analytics", bytes: PackageResources.V0001_analytics_sql),
            Migration(name: "V0002_merged_payments", bytes: PackageResources.V0002_merged_payments_sql),
        ],
        privileges: [
            "TABLE payments": "SELECT, INSERT, UPDATE"
        ])
