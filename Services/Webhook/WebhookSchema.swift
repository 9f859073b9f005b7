import Messaging
import Postgres

/// The schema of webhook, from its first day on. What Stripe has signed is stored and never changed.
let webhookSchema =
    messagingSchema
    + Schema(
        migrations: [
            Migration(name: "V0001_webhook", bytes: PackageResources.V0001_webhook_sql),
            Migration(name: "V0002_life_of_an_event", bytes: PackageResources.V0002_life_of_an_event_sql),
            Migration(name: "V0003_passed_over", bytes: PackageResources.V0003_passed_over_sql),
            Migration(name: "V0004_payloads_by_the_owner", bytes: PackageResources.V0004_payloads_by_the_owner_sql),
            Migration(name: "V0005_pending_events", bytes: PackageResources.V0005_pending_events_sql),
            Migration(name: "V0006_lists_by_index", bytes: PackageResources.V0006_lists_by_index_sql),
            Migration(name: "V0007_returned_events", bytes: PackageResources.V0007_returned_events_sql),
        ],
        privileges: [
            "TABLE stripe_webhooks":
                "SELECT, INSERT, UPDATE (user_id, processed, processed_at, processing_error, published_at, replays)",
            "TABLE webhooks_pending": "SELECT, INSERT, UPDATE (not_before, returns), DELETE",
            "TABLE event_outcomes": "SELECT, INSERT, UPDATE",
            "TABLE event_conflicts": "SELECT, INSERT",
            "TABLE event_replays": "SELECT, INSERT",
            "TABLE reconciliations": "SELECT, INSERT, UPDATE",
            "FUNCTION strip_payloads(timestamptz, integer)": "EXECUTE",
        ])
