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
        migrations: analyticsMigrations, workers: messages.workers, readiness: messages.readiness)
}

/// The schema of analytics, from its first day on.
let analyticsMigrations =
    messagingMigrations + [
        Migration(name: "V0001_analytics", bytes: PackageResources.V0001_analytics_sql),
        Migration(name: "V0002_merged_payments", bytes: PackageResources.V0002_merged_payments_sql),
    ]
