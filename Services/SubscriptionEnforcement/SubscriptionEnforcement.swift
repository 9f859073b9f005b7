import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit
import Stripe

/// Subscription enforcement: who may run a VM, decided from what Stripe says freshly, and provable.
func buildEnforcement(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let config = EnforcementConfig(foundation.settings)
    let (pool, logger) = (foundation.postgres, foundation.logger)
    let outbox = Outbox(pool: pool, service: .enforcement)
    let wake = WakeSignal()
    let budget = ReadBudget(pool: pool, perSecond: config.readsPerSecond)
    let stripe = StripeClient(configuration: config.stripe, logger: logger, pace: budget.pace)
    let hints = HintHandler(stripeClock: stripe.clock, wake: wake)
    let reversals = ReversalHandler(stripe: stripe, policy: config.policy, hints: hints)
    let messages = foundation.messages(
        outbox,
        consuming: [
            (Topology.enforcementStripeEvents, Dispatch().on(hints, types: { $0.hasPrefix("stripe.") })),
            (Topology.enforcementReversals, Dispatch().on(reversals, types: { $0.hasPrefix("stripe.") })),
            (Topology.enforcementCustomers, Dispatch().on(CustomerLinkedHandler(wake: wake)).on(SubscriptionChangedHandler(wake: wake))),
            (Topology.enforcementReports, Dispatch().on(VMReportedHandler())),
        ])
    let alerts = Alerts(pool: pool, logger: logger)
    let unlisted = UnlistedPrices(outbox: outbox, plans: config.plans, alerts: alerts)
    let enforce = EnforceAccess(
        outbox: outbox, read: ReadSubscriptions(stripe: stripe, policy: config.policy, plans: config.plans, pool: pool),
        reversals: ReadReversals(stripe: stripe, policy: config.policy, alerts: alerts), alerts: alerts,
        holdDown: config.holdDown, wake: wake)
    let looks = LookWorker(
        enforce: enforce, pool: pool, wake: wake, retry: RetryPolicy(maximumDelay: config.retryMaximum),
        logger: logger)
    let clock = ClockWorker(stripe: stripe, interval: config.sweepInterval, logger: logger)
    let authenticator = foundation.authenticator
    return ServiceParts(
        schema: enforcementSchema, workers: messages.workers + upkeep(foundation, every: config.sweepInterval, unlisted) + [clock, looks],
        readiness: messages.readiness
    ) { router in
        TimelinePart { try await Timeline.entries(of: $0, behind: $1, limit: $2, in: pool) }
            .register(on: router.customer("api/payment", authenticator))
        let admins = router.admin("api/payment", authenticator).add(middleware: IdempotentPosts(pool: pool))
        SystemPart(outbox, messages: messages, logger: foundation.logger).register(on: admins)
        AuditParts(.enforcement, foundation).register(on: admins)
    }
}

/// What is done every so often: prices that no setting names, and hints about nobody.
private func upkeep(_ foundation: ServiceFoundation, every sweep: Duration, _ unlisted: UnlistedPrices) -> [PeriodicWork] {
    let (pool, logger) = (foundation.postgres, foundation.logger)
    return [
        PeriodicWork("unlisted_prices", every: sweep, pool: pool, logger: logger) { try await unlisted() },
        PeriodicWork("forget_strangers", every: .seconds(3600), pool: pool, logger: logger) {
            try await Hints.forgetStrangers(in: pool)
        },
    ]
}
