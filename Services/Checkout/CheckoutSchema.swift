import Messaging
import Postgres

/// The schema of checkout, from its first day on.
let checkoutSchema =
    messagingSchema
    + Schema(
        migrations: [
            Migration(name: "V0001_checkout", bytes: PackageResources.V0001_checkout_sql),
            Migration(name: "V0002_deleted_customers", bytes: PackageResources.V0002_deleted_customers_sql),
            Migration(
                name: "V0003_open_sets_and_several_intents", bytes: PackageResources.V0003_open_sets_and_several_intents_sql),
            Migration(name: "V0004_words_and_snapshots", bytes: PackageResources.V0004_words_and_snapshots_sql),
            Migration(name: "V0005_plans_at_any_place", bytes: PackageResources.V0005_plans_at_any_place_sql),
            Migration(name: "V0006_whose", bytes: PackageResources.V0006_whose_sql),
            Migration(name: "V0007_subscription_ends", bytes: PackageResources.V0007_subscription_ends_sql),
            Migration(name: "V0008_forgetting", bytes: PackageResources.V0008_forgetting_sql),
            Migration(name: "V0009_refunds", bytes: PackageResources.V0009_refunds_sql),
            Migration(
                name: "V0010_changes_of_subscriptions", bytes: PackageResources.V0010_changes_of_subscriptions_sql),
            Migration(name: "V0011_durations_of_discounts", bytes: PackageResources.V0011_durations_of_discounts_sql),
        ],
        privileges: [
            "TABLE customers": "SELECT, INSERT, UPDATE",
            "TABLE checkout_sessions": "SELECT, INSERT, UPDATE, DELETE",
            "TABLE subscriptions": "SELECT, INSERT, UPDATE",
            "TABLE invoices": "SELECT, INSERT, UPDATE",
            "TABLE invoice_payments": "SELECT, INSERT",
            "TABLE invoice_charges": "SELECT, INSERT",
            "TABLE payments": "SELECT, INSERT, UPDATE, DELETE",
            "TABLE payment_attempts": "SELECT, INSERT, UPDATE",
            "TABLE invoice_attempts": "SELECT, INSERT",
            "TABLE reconciliations": "SELECT, INSERT, UPDATE",
            "TABLE discounts": "SELECT, INSERT, UPDATE",
            "TABLE access": "SELECT, INSERT, UPDATE",
            "TABLE subscription_changes": "SELECT, INSERT, UPDATE",
            "TABLE plan_previews": "SELECT, INSERT, UPDATE",
            "TABLE subscription_ends": "SELECT, INSERT, UPDATE",
            "TABLE unclaimed_events": "SELECT, INSERT, DELETE",
            "TABLE strangers": "SELECT, INSERT, UPDATE, DELETE",
            "TABLE installations": "SELECT, INSERT",
            "SEQUENCE stripe_reads": "USAGE",
            "FUNCTION forget_strangers()": "EXECUTE",
        ])
