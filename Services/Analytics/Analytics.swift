import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit

/// Analytics: keeps what figures are made of, and composes what admins ask of all services. The figures themselves grow on this.
func buildAnalytics(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let pool = foundation.postgres
    let messages = foundation.messages(
        Outbox(pool: pool, service: .analytics),
        consuming: [
            (Topology.analyticsPayments, Dispatch().on(PaymentRecordedHandler())),
            (Topology.analyticsSubscriptions, Dispatch().on(SubscriptionChangedHandler())),
            (Topology.analyticsAttempts, Dispatch().on(PaymentAttemptFailedHandler())),
            (Topology.analyticsRefunds, Dispatch().on(RefundChangedHandler()).on(DisputeChangedHandler())),
            (Topology.analyticsReconciliations, Dispatch().on(ReconciliationFinishedHandler())),
            (
                Topology.analyticsAudit,
                Dispatch().on(AuditSealedHandler(alerts: Alerts(pool: pool, logger: foundation.logger)))
            ),
        ])
    let parts = Parts([.checkout, .webhook, .refund, .analytics, .enforcement], foundation.settings)
    let trail = AuditRoutes(read: ReadTrail(parts: parts), verify: VerifyTrail(parts: parts, pool: pool))
    let reconciliation = ReconciliationRoute(parts: Parts([.checkout, .webhook, .refund], foundation.settings), pool: pool)
    let authenticator = foundation.authenticator
    return ServiceParts(schema: analyticsSchema, workers: messages.workers, readiness: messages.readiness) { router in
        let admins = router.admin("api/payment", authenticator)
        trail.register(on: admins)
        reconciliation.register(on: admins)
        AuditParts(.analytics, foundation).register(on: admins)
    }
}
