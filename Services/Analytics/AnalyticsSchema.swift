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
            Migration(name: "V0006_figures", bytes: PackageResources.V0006_figures_sql),
            Migration(name: "V0007_stripe_differences", bytes: PackageResources.V0007_stripe_differences_sql),
        ],
        privileges: [
            "TABLE payments": "SELECT, INSERT, UPDATE",
            "TABLE refunds": "SELECT, INSERT, UPDATE",
            "TABLE disputes": "SELECT, INSERT, UPDATE",
            "TABLE subscription_states": "SELECT, INSERT",
            // A view of them.
            "subscriptions": "SELECT",
            // What is in them is added up by the tables above, and by nobody else.
            "TABLE figures": "SELECT",
            "TABLE calendar": "SELECT",
            // By which lists find the payments behind a figure.
            "FUNCTION payment_figures(payments, text)": "EXECUTE",
            "FUNCTION refund_figures(refunds, text)": "EXECUTE",
            "FUNCTION dispute_figures(disputes, text)": "EXECUTE",
            "FUNCTION attempt_figures(payment_attempts, text)": "EXECUTE",
            "FUNCTION monthly_revenue(text, bigint, text, bigint, jsonb)": "EXECUTE",
            "FUNCTION rebuild_figures()": "EXECUTE",
            "FUNCTION use_time_zone(text)": "EXECUTE",
            "TABLE payment_attempts": "SELECT, INSERT, UPDATE",
            "TABLE stripe_totals": "SELECT, INSERT, UPDATE",
            "TABLE stripe_differences": "SELECT, INSERT, UPDATE, DELETE",
            "TABLE audit_heads": "SELECT, INSERT",
        ])
