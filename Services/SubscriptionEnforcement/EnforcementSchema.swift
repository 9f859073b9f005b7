import Messaging
import Postgres

/// The schema of enforcement, from its first day on. What was read and decided is kept for ever.
let enforcementSchema =
    messagingSchema
    + Schema(
        migrations: [
            Migration(name: "V0001_enforcement", bytes: PackageResources.V0001_enforcement_sql),
            Migration(name: "V0002_plans", bytes: PackageResources.V0002_plans_sql),
            Migration(name: "V0003_looks_without_events", bytes: PackageResources.V0003_looks_without_events_sql),
            Migration(name: "V0004_forgetting", bytes: PackageResources.V0004_forgetting_sql),
            Migration(name: "V0005_hints_by_customer", bytes: PackageResources.V0005_hints_by_customer_sql),
            Migration(name: "V0006_read_turns", bytes: PackageResources.V0006_read_turns_sql),
        ],
        privileges: [
            "TABLE customers": "SELECT, INSERT",
            "TABLE hints": "SELECT, INSERT, DELETE",
            "TABLE known_subscriptions": "SELECT, INSERT, UPDATE",
            "TABLE failed_invoices": "SELECT, INSERT, UPDATE",
            "TABLE end_requests": "SELECT, INSERT",
            "TABLE access": "SELECT, INSERT, UPDATE",
            "TABLE looks": "SELECT, INSERT",
            "TABLE decisions": "SELECT, INSERT",
            "TABLE vm_commands": "SELECT, INSERT, UPDATE (reported_at, outcome, detail)",
            "TABLE read_budget": "SELECT, INSERT, UPDATE",
            "SEQUENCE claims": "USAGE",
            "SEQUENCE read_turns": "SELECT, UPDATE",
            "FUNCTION take_read_turn(double precision)": "EXECUTE",
            "FUNCTION slow_reads(double precision, double precision, double precision)": "EXECUTE",
            "FUNCTION forget_strangers()": "EXECUTE",
        ])
