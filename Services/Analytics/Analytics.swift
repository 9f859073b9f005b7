import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit
import ServiceLifecycle

/// How long what is to be added up waits for more of its kind: nobody looks at numbers that often.
private let gathering = Duration.milliseconds(50)

/// Analytics: adds up what happened by day, lists payments, and composes what admins ask of all services.
func buildAnalytics(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let config = AnalyticsConfig(foundation.settings)
    let (pool, logger) = (foundation.postgres, foundation.logger)
    let alerts = Alerts(pool: pool, logger: logger)
    let outbox = Outbox(pool: pool, service: .analytics)
    let messages = foundation.messages(
        outbox,
        consuming: [
            (Topology.analyticsPayments, Dispatch(gathering: gathering).on(PaymentRecordedHandler())),
            (Topology.analyticsSubscriptions, Dispatch(gathering: gathering).on(SubscriptionChangedHandler())),
            (Topology.analyticsAttempts, Dispatch(gathering: gathering).on(PaymentAttemptFailedHandler())),
            (Topology.analyticsRefunds, Dispatch(gathering: gathering).on(RefundChangedHandler()).on(DisputeChangedHandler())),
            (Topology.analyticsReconciliations, Dispatch().on(ReconciliationFinishedHandler(alerts: alerts))),
            (Topology.analyticsAudit, Dispatch().on(AuditSealedHandler(alerts: alerts))),
        ])
    let countAnew = CountAnew(pool: pool, alerts: alerts)
    let periodic: [any Service] = [
        UseTimeZone(timeZone: config.timeZone, pool: pool, logger: logger),
        PeriodicWork("count_anew", every: .seconds(86_400), lease: .seconds(1800), pool: pool, logger: logger) {
            _ = try await countAnew()
        },
    ]
    let numbers = AnalyticsRoutes(pool: pool, countAnew: countAnew, now: foundation.now)
    let parts = Parts([.checkout, .webhook, .refund, .analytics, .enforcement], foundation.settings)
    let trail = AuditRoutes(read: ReadTrail(parts: parts), verify: VerifyTrail(parts: parts, pool: pool))
    let reconciliation = ReconciliationRoute(parts: Parts([.checkout, .webhook, .refund], foundation.settings), pool: pool)
    let authenticator = foundation.authenticator
    return ServiceParts(schema: analyticsSchema, workers: messages.workers + periodic, readiness: messages.readiness) { router in
        let admins = router.admin("api/payment", authenticator).add(middleware: IdempotentPosts(pool: pool))
        numbers.register(on: admins)
        PaymentRoutes(pool: pool, now: foundation.now).register(on: admins)
        trail.register(on: admins)
        SystemRoute(parts: parts).register(on: admins)
        reconciliation.register(on: admins)
        SystemPart(outbox, messages: messages, logger: foundation.logger).register(on: admins)
        AuditParts(.analytics, foundation).register(on: admins)
    }
}
