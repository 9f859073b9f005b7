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
        schema: analyticsSchema, workers: messages.workers, readiness: messages.readiness)
}
