import Hummingbird
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Refund: the customer asks, an admin decides, Stripe pays once; and what banks take back.
func buildRefund(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let config = RefundConfig(foundation.settings)
    let (pool, logger, now) = (foundation.postgres, foundation.logger, foundation.now)
    let stripe = StripeClient(configuration: config.stripe, logger: logger)
    let alerts = Alerts(pool: pool, logger: logger)
    let outbox = Outbox(pool: pool, service: .refund)
    let refunds = Snapshots(Refunds.self, pool: pool, stripe: stripe) { try await $0.refund(RefundID($1)) }
    let disputes = Snapshots(Disputes.self, pool: pool, stripe: stripe) { try await $0.dispute(DisputeID($1)) }
    let events = StripeEventHandler(stripe: stripe, refunds: refunds, disputes: disputes, alerts: alerts)
    let messages = foundation.messages(
        outbox,
        consuming: [
            (Topology.refundStripeEvents, Dispatch().on(events, types: { $0.hasPrefix("stripe.") })),
            (Topology.refundDuplicates, Dispatch().on(SubscriptionDuplicatedHandler(stripe: stripe, alerts: alerts))),
            (Topology.refundPayments, Dispatch(gathering: .milliseconds(50)).on(PaymentRecordedHandler(stripe: stripe, alerts: alerts))),
        ])
    let retry = RetryPolicy(maximumDelay: config.retryMaximum)
    let issue = IssueRefund(outbox: outbox, stripe: stripe, refunds: refunds, alerts: alerts, retry: retry)
    let answer = AnswerDispute(outbox: outbox, stripe: stripe, disputes: disputes, alerts: alerts, retry: retry, logger: logger)
    let finish = FinishOpen(issue: issue, answer: answer, pool: pool, logger: logger)
    let reconcile = Reconcile(outbox: outbox, stripe: stripe, refunds: refunds, disputes: disputes, alerts: alerts, logger: logger)
    let watch = WatchDisputes(pool: pool, alerts: alerts) { stripe.time }
    let periodic = upkeep(foundation, every: config.sweepInterval, finish, reconcile, watch)
    let requests = RefundRequestRoutes(request: RequestRefund(outbox: outbox, windowDays: config.windowDays, now: now), pool: pool)
    let process = ProcessRefundRoute(
        decide: DecideRefund(outbox: outbox, issue: issue, fullRefund: config.fullRefund, logger: logger))
    let authenticator = foundation.authenticator
    return ServiceParts(schema: refundSchema, workers: messages.workers + periodic, readiness: messages.readiness) { router in
        let customers = router.customer("api/payment", authenticator).add(middleware: IdempotentPosts(pool: pool))
        requests.register(on: customers)
        TimelinePart { try await Timeline.entries(of: $0, behind: $1, limit: $2, in: pool) }.register(on: customers)
        let admins = router.admin("api/payment", authenticator).add(middleware: IdempotentPosts(pool: pool))
        requests.register(on: admins)
        process.register(on: admins)
        DisputeRoutes(answer: answer, stripe: stripe, pool: pool).register(on: admins)
        EvidenceRoute(pool: pool).register(on: admins)
        ReconciliationPart(.refund, pool: pool).register(on: admins)
        SystemPart(outbox, messages: messages, logger: foundation.logger).register(on: admins)
        AuditParts(.refund, foundation).register(on: admins)
    }
}

/// What is done every so often: what became of refunds and answers of which nobody knows, Stripe's lists, deadlines, strangers.
private func upkeep(
    _ foundation: ServiceFoundation, every sweep: Duration, _ finish: FinishOpen, _ reconcile: Reconcile, _ watch: WatchDisputes
) -> [PeriodicWork] {
    let (pool, logger) = (foundation.postgres, foundation.logger)
    let strangers = ForgetStrangers(pool: pool)
    return [
        PeriodicWork("finish_refunds", every: .seconds(2), pool: pool, logger: logger) { try await finish.refunds() },
        PeriodicWork("finish_answers", every: .seconds(2), pool: pool, logger: logger) { try await finish.answers() },
        PeriodicWork("reconcile", every: sweep, pool: pool, logger: logger) { try await reconcile() },
        PeriodicWork("watch_disputes", every: sweep, pool: pool, logger: logger) { try await watch() },
        PeriodicWork("forget_strangers", every: .seconds(3600), pool: pool, logger: logger) { try await strangers() },
    ]
}
