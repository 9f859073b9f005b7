import Messages
import Messaging
import Postgres
import ServiceKit
import Stripe

/// Subscription enforcement: who may run a VM, decided from what Stripe says freshly, and provable.
func buildEnforcement(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let config = EnforcementConfig(foundation.settings)
    let outbox = Outbox(pool: foundation.postgres, service: .enforcement)
    let wake = WakeSignal()
    let stripe = StripeClient(configuration: config.stripe, logger: foundation.logger)
    let messages = foundation.messages(
        outbox,
        consuming: [
            (Topology.enforcementStripeEvents, Dispatch().on(HintHandler(wake: wake), types: { $0.hasPrefix("stripe.") })),
            (Topology.enforcementCustomers, Dispatch().on(CustomerLinkedHandler(wake: wake))),
            (Topology.enforcementReports, Dispatch().on(VMReportedHandler())),
        ])
    let alerts = Alerts(pool: foundation.postgres, logger: foundation.logger)
    let unlisted = UnlistedPrices(outbox: outbox, plans: config.plans, alerts: alerts)
    let pool = foundation.postgres
    let periodic = [
        PeriodicWork("unlisted_prices", every: config.sweepInterval, pool: pool, logger: foundation.logger) { try await unlisted() },
        PeriodicWork("forget_strangers", every: .seconds(3600), pool: pool, logger: foundation.logger) {
            try await Hints.forgetStrangers(in: pool)
        },
    ]
    let reconciler = Reconciler(
        enforce: EnforceAccess(
            outbox: outbox, read: ReadSubscriptions(stripe: stripe, policy: config.policy, plans: config.plans),
            holdDown: config.holdDown),
        pool: foundation.postgres, alerts: alerts, wake: wake,
        retry: RetryPolicy(maximumDelay: config.retryMaximum), logger: foundation.logger)
    return ServiceParts(
        migrations: enforcementMigrations, workers: messages.workers + periodic + [reconciler], readiness: messages.readiness)
}

let enforcementMigrations =
    messagingMigrations + [
        Migration(name: "V0001_enforcement", bytes: PackageResources.V0001_enforcement_sql),
        Migration(name: "V0002_plans", bytes: PackageResources.V0002_plans_sql),
    ]
