import Messaging
import Postgres

/// The schema of analytics, from its first day on.
let analyticsSchema =
    messagingSchema
    + Schema(
        migrations: [
            Migration(name: "V0001_analytics", bytes: PackageResources.V0001_analytics_sql),
            Migration(name: "V0002_merged_payments", bytes: PackageResources.V0002_merged_payments_sql),
            Migration(name: "V0003_audit_heads", bytes: PackageResources.V0003_audit_heads_sql),
            Migration(name: "V0004_refunds_and_disputes", bytes: PackageResources.V0004_refunds_and_disputes_sql),
            Migration(
                name: "V0005_subscriptions_and_attempts", bytes: PackageResources.V0005_subscriptions_and_attempts_sql),
        ],
        privileges: [
            "TABLE payments": "SELECT, INSERT, UPDATE",
            "TABLE refunds": "SELECT, INSERT, UPDATE",
            "TABLE disputes": "SELECT, INSERT, UPDATE",
            "TABLE subscriptions": "SELECT, INSERT, UPDATE",
            "TABLE payment_attempts": "SELECT, INSERT, UPDATE",
            "TABLE stripe_totals": "SELECT, INSERT, UPDATE",
            "TABLE audit_heads": "SELECT, INSERT",
        ])
