import Messaging
import Postgres

/// The schema of refund, from its first day on.
let refundSchema =
    messagingSchema
    + Schema(
        migrations: [
            Migration(name: "V0001_refund", bytes: PackageResources.V0001_refund_sql),
            Migration(name: "V0002_refunds_and_disputes", bytes: PackageResources.V0002_refunds_and_disputes_sql),
            Migration(name: "V0003_snapshots", bytes: PackageResources.V0003_snapshots_sql),
            Migration(name: "V0004_refunds_of_ours", bytes: PackageResources.V0004_refunds_of_ours_sql),
            Migration(name: "V0005_duplicates", bytes: PackageResources.V0005_duplicates_sql),
        ],
        privileges: [
            "TABLE refundable_payments": "SELECT, INSERT, UPDATE",
            "TABLE refunds": "SELECT, INSERT, UPDATE",
            "TABLE payment_disputes": "SELECT, INSERT, UPDATE",
            "TABLE refund_requests": "SELECT, INSERT, UPDATE",
            "TABLE duplicated_subscriptions": "SELECT, INSERT",
            "TABLE dispute_answers": "SELECT, INSERT, UPDATE",
            "TABLE reconciliations": "SELECT, INSERT, UPDATE",
            "FUNCTION refund_trail(text[])": "EXECUTE",
            "FUNCTION forget_strangers()": "EXECUTE",
            "SEQUENCE stripe_reads": "USAGE",
        ])
