import Messages
import Messaging
import Postgres
import ServiceKit

/// Refund: keeps what can be given back. Refunds and disputes themselves grow on this.
func buildRefund(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let messages = foundation.messages(
        Outbox(pool: foundation.postgres, service: .refund),
        consuming: [(Topology.refundPayments, Dispatch().on(PaymentRecordedHandler()))])
    return ServiceParts(
        migrations: messagingMigrations + [Migration(name: "V0001_refund", bytes: PackageResources.V0001_refund_sql)],
        workers: messages.workers, readiness: messages.readiness)
}
