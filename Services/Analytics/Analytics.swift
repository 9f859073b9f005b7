import Messages
import Messaging
import Postgres
import ServiceKit

/// Analytics: keeps what figures are made of. The figures themselves grow on this.
func buildAnalytics(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let messages = foundation.messages(
        Outbox(pool: foundation.postgres, service: .analytics),
        consuming: [(Topology.analyticsPayments, Dispatch().on(PaymentRecordedHandler()))])
    return ServiceParts(
        migrations: messagingMigrations + [Migration(name: "V0001_analytics", bytes: PackageResources.V0001_analytics_sql)],
        workers: messages.workers, readiness: messages.readiness)
}
