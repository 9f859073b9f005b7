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
    let reconciler = Reconciler(
        enforce: EnforceAccess(
            outbox: outbox, read: ReadSubscriptions(stripe: stripe, policy: config.policy), holdDown: config.holdDown),
        pool: foundation.postgres, alerts: Alerts(pool: foundation.postgres, logger: foundation.logger), wake: wake,
        retry: RetryPolicy(maximumDelay: config.retryMaximum), logger: foundation.logger)
    return ServiceParts(
        migrations: enforcementMigrations, workers: messages.workers + [reconciler], readiness: messages.readiness)
}

let enforcementMigrations =
    messagingMigrations + [Migration(name: "V0001_enforcement", bytes: PackageResources.V0001_enforcement_sql)]
