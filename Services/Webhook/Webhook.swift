import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit
import Stripe

/// Webhook: the door for Stripe's events. Verified, stored once, acknowledged, published.
func buildWebhook(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let config = WebhookConfig(foundation.settings)
    let pool = foundation.postgres
    let logger = foundation.logger
    let alerts = Alerts(pool: pool, logger: logger)
    let outbox = Outbox(pool: pool, service: .webhook)
    let wake = WakeSignal()
    let accept = AcceptEvent(config: config, now: foundation.now)
    let store = StoreEvents(pool: pool, alerts: alerts)
    let commits = Batcher<ReceivedEvent, Void>(pool: pool, size: \.rawData.count) { events, connection in
        _ = try await Acting(.stripe, "stripe", by: "POST /api/payment/webhook").perform { try await store(events, in: connection) }
        if events.contains(where: \.isToBePublished) { wake.raise() }
        return events.map { _ in () }
    }
    let messages = foundation.messages(
        outbox, sources: [RelayPart(source: PublishedEvents(alerts: alerts), wake: wake)],
        consuming: [(Topology.webhookOutcomes, Dispatch(gathering: .milliseconds(50)).on(EventHandledHandler()))])
    let reconcile = Reconcile(
        pool: pool, stripe: StripeClient(configuration: config.stripe, logger: logger), accept: accept, store: store, now: foundation.now,
        every: config.sweepInterval, stored: wake.raise, logger: logger)
    let upkeep = Upkeep(outbox: outbox, config: config, now: foundation.now, requested: wake.raise, logger: logger)
    let periodic = [
        PeriodicWork("reconcile", every: config.sweepInterval, pool: pool, logger: logger) { try await reconcile() },
        PeriodicWork("upkeep", every: config.sweepInterval, pool: pool, logger: logger) { try await upkeep() },
    ]
    let authenticator = foundation.authenticator
    let door = WebhookRoute(accept: accept, store: commits, alerts: alerts)
    return ServiceParts(
        schema: webhookSchema, workers: messages.workers + periodic + [commits], readiness: messages.readiness, direct: [door.direct]
    ) { router in
        door.register(on: router.group("api/payment"))
        let admins = router.admin("api/payment", authenticator).add(middleware: IdempotentPosts(pool: pool))
        EventRoutes(pool: pool).register(on: admins)
        ReplayRoutes(replay: ReplayEvents(outbox: outbox, requested: wake.raise)).register(on: admins)
        ReconciliationRoute(pool: pool).register(on: admins)
        SystemPart(outbox, messages: messages, ownOutbox: ("stripe_webhooks", "webhooks_pending"), logger: logger).register(on: admins)
        AuditParts(.webhook, foundation).register(on: admins)
    }
}
