import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit

/// Webhook: the door for Stripe's events. Verified, stored once, acknowledged, published.
func buildWebhook(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let config = WebhookConfig(foundation.settings)
    let table = StripeWebhooks()
    let wake = WakeSignal()
    let store = GroupCommit(pool: foundation.postgres, table: table, committed: wake.raise)
    let messages = foundation.messages(
        Outbox(pool: foundation.postgres, service: .webhook), sources: [RelayPart(source: table, wake: wake)],
        consuming: [(Topology.webhookOutcomes, Dispatch().on(EventHandledHandler(table: table)))])
    let route = WebhookRoute(accept: AcceptEvent(config: config, now: foundation.now), store: store)
    return ServiceParts(
        migrations: messagingMigrations + [Migration(name: "V0001_webhook", bytes: PackageResources.V0001_webhook_sql)],
        workers: messages.workers + [store], readiness: messages.readiness
    ) { router in
        route.register(on: router.group("api/payment"))
    }
}
