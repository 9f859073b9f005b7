import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit
import Stripe

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
            (Topology.checkoutAccess, Dispatch().on(AccessChangedHandler())),
            (Topology.checkoutEnds, Dispatch().on(EndRequestedHandler(pool: pool, stripe: stripe))),
        ])
    let verify = VerifyCheckout(pool: pool, catchUp: catchUp)
    let sessions = CheckoutSessionRoutes(
        open: OpenCheckout(catchUp: catchUp, alerts: alerts), verify: verify,
        redirects: config.redirects, publishableKey: config.publishableKey, pool: pool)
    let pages = LandingPages(verify: verify, pool: pool)
    let portal = PortalRoute(
        open: OpenPortal(pool: pool, stripe: stripe, plans: config.plans, alerts: alerts), redirects: config.redirects)
    let oblivion = PeriodicWork("forget_strangers", every: .seconds(3600), pool: pool, logger: foundation.logger) {
        try await Strangers.forget(in: pool)
    }
    let authenticator = foundation.authenticator
    return ServiceParts(
        migrations: checkoutMigrations,
        workers: messages.workers + [oblivion], readiness: messages.readiness
    ) { router in
        let customers = router.customer("api/payment", authenticator).add(middleware: IdempotentPosts(pool: pool))
        sessions.register(on: customers)
        portal.register(on: customers)
        AccountRoutes(pool: pool, plans: config.plans).register(on: customers)
        pages.register(on: router)
    }
}

/// The schema of checkout, from its first day on.
let checkoutMigrations =
    messagingMigrations + [
        Migration(name: "V0001_checkout", bytes: PackageResources.V0001_checkout_sql),
        Migration(name: "V0002_deleted_customers", bytes: PackageResources.V0002_deleted_customers_sql),
        Migration(
            name: "V0003_open_sets_and_several_intents", bytes: PackageResources.V0003_open_sets_and_several_intents_sql),
        Migration(name: "V0004_words_and_snapshots", bytes: PackageResources.V0004_words_and_snapshots_sql),
        Migration(name: "V0005_plans_at_any_place", bytes: PackageResources.V0005_plans_at_any_place_sql),
        Migration(name: "V0006_whose", bytes: PackageResources.V0006_whose_sql),
        Migration(name: "V0007_subscription_ends", bytes: PackageResources.V0007_subscription_ends_sql),
    ]
