import Hummingbird
import Messages
import Messaging
import Postgres
import ServiceKit
import Stripe

/// Refund: keeps what can be given back, and what Stripe says was given back or is disputed.
func buildRefund(_ foundation: ServiceFoundation) throws -> ServiceParts {
    let stripe = StripeClient(configuration: foundation.settings.stripe(), logger: foundation.logger)
    let messages = foundation.messages(
        Outbox(pool: foundation.postgres, service: .refund),
        consuming: [
            (
                Topology.refundStripeEvents,
                Dispatch().on(StripeEventHandler(pool: foundation.postgres, stripe: stripe), types: { $0.hasPrefix("stripe.") })
            ),
            (Topology.refundPayments, Dispatch().on(PaymentRecordedHandler())),
        ])
    let authenticator = foundation.authenticator
    return ServiceParts(schema: refundSchema, workers: messages.workers, readiness: messages.readiness) { router in
        AuditParts(.refund, foundation).register(on: router.admin("api/payment", authenticator))
    }
}
