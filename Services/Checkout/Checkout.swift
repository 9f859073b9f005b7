import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Checkout: everything that a customer does, and whose payment and subscription is whose.
func buildCheckout(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let config = CheckoutConfig(foundation.settings)
    let pool = foundation.postgres
    let stripe = StripeClient(configuration: config.stripe, logger: foundation.logger)
    let outbox = Outbox(pool: pool, service: .checkout)
    let installation = Installation(pool: pool, setting: config.installation)
    let alerts = Alerts(pool: pool, logger: foundation.logger)
    let objects = ApplyStripeObject(pool: pool, stripe: stripe, plans: config.plans, installation: installation)
    let catchUp = CatchUp(outbox: outbox, objects: objects)
    let messages = foundation.messages(
        outbox,
        consuming: [
            (Topology.checkoutStripeEvents, Dispatch().on(StripeEventHandler(objects: objects), types: { $0.hasPrefix("stripe.") })),
            (Topology.checkoutAccess, Dispatch(gathering: .milliseconds(20)).on(AccessChangedHandler())),
            (Topology.checkoutRefunds, Dispatch().on(RefundChangedHandler())),
            (Topology.checkoutEnds, Dispatch().on(EndRequestedHandler(pool: pool, stripe: stripe))),
        ])
    let send = SendChange(
        catchUp: catchUp, endCollection: EndCollection(stripe: stripe, policy: config.openInvoices), alerts: alerts,
        retry: RetryPolicy(maximumDelay: config.retryMaximum), logger: foundation.logger)
    let verify = VerifyCheckout(pool: pool, catchUp: catchUp)
    let timeline = TimelineRoute(parts: Parts([.checkout, .refund, .enforcement], foundation.settings))
    let authenticator = foundation.authenticator
    let account = AccountRoutes(pool: pool, plans: config.plans)
    return ServiceParts(
        schema: checkoutSchema, workers: messages.workers + upkeep(foundation, config, send, alerts) + account.workers,
        readiness: messages.readiness, direct: account.direct(authenticator)
    ) { router in
        let customers = router.customer("api/payment", authenticator)
            .add(middleware: CallLimit(perMinute: config.callsPerMinute, now: foundation.now))
            .add(middleware: IdempotentPosts(pool: pool))
        register(config, verify, send, alerts, on: customers)
        account.register(on: customers)
        timeline.register(on: customers)
        LandingPages(verify: verify, pool: pool).register(on: router)
        let admins = router.admin("api/payment", authenticator).add(middleware: IdempotentPosts(pool: pool))
        SystemPart(outbox, messages: messages, logger: foundation.logger).register(on: admins)
        AuditParts(.checkout, foundation).register(on: admins)
        ReconciliationPart(.checkout, pool: pool).register(on: admins)
    }
}

/// What customers call.
private func register(
    _ config: CheckoutConfig, _ verify: VerifyCheckout, _ send: SendChange, _ alerts: Alerts, on customers: RouterGroup<CustomerContext>
) {
    let (pool, catchUp) = (verify.pool, verify.catchUp)
    let change = ChangeSubscription(catchUp: catchUp, send: send, alerts: alerts)
    CheckoutSessionRoutes(
        open: OpenCheckout(catchUp: catchUp, alerts: alerts, offer: config.offer), verify: verify, redirects: config.redirects,
        publishableKey: config.publishableKey, pool: pool
    ).register(on: customers)
    PortalRoute(
        open: OpenPortal(pool: pool, stripe: catchUp.stripe, plans: config.plans, alerts: alerts), redirects: config.redirects
    ).register(on: customers)
    SubscriptionRoutes(change: change, preview: PreviewChange(change: change)).register(on: customers)
    TimelinePart { try await Timeline.entries(of: $0, behind: $1, limit: $2, in: pool) }.register(on: customers)
}

/// What is done every so often: orders of which nobody knows what became, what was paid for twice or runs no VM,
/// Stripe's lists, strangers.
private func upkeep(
    _ foundation: ServiceFoundation, _ config: CheckoutConfig, _ send: SendChange, _ alerts: Alerts
) -> [PeriodicWork] {
    let (pool, logger) = (foundation.postgres, foundation.logger)
    let endCollection = EndCollection(stripe: send.catchUp.stripe, policy: .void)
    let settle = SettleDuplicates(catchUp: send.catchUp, endCollection: endCollection, alerts: alerts, logger: logger)
    let finish = FinishChanges(send: send, logger: logger)
    let revive = ReviveUnpaid(
        catchUp: send.catchUp, endCollection: endCollection, policy: config.offPeriods, alerts: alerts, logger: logger)
    let watch = WatchOrphanMoney(pool: pool, alerts: alerts, bound: config.orphanBound) { send.catchUp.stripe.time }
    let reconcile = Reconcile(catchUp: send.catchUp, alerts: alerts, logger: logger)
    return [
        PeriodicWork("reconcile", every: config.sweepInterval, pool: pool, logger: logger) { try await reconcile() },
        PeriodicWork("finish_changes", every: .seconds(2), pool: pool, logger: logger) { try await finish() },
        PeriodicWork("settle_duplicates", every: .seconds(2), pool: pool, logger: logger) { try await settle() },
        PeriodicWork("revive_unpaid", every: .seconds(5), pool: pool, logger: logger) { try await revive() },
        PeriodicWork("watch_orphan_money", every: .seconds(60), pool: pool, logger: logger) { try await watch() },
        PeriodicWork("forget_strangers", every: .seconds(3600), pool: pool, logger: logger) { try await Strangers.forget(in: pool) },
    ]
}
