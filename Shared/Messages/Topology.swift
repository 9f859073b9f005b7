/// Who tells what to whom: the one table behind the broker's definitions, the README's table and the notion of "processed".
package enum Topology {
    /// One kind of message on its way from its publishers to a queue of each consumer.
    package struct Flow: Sendable {
        /// The message's key, which is also its routing key.
        package let key: String
        /// Where it is published.
        package let exchange: Exchange
        /// Who publishes it.
        package let publishers: [ServiceName]
        /// Where it ends up.
        package let queues: [Queue]
    }

    /// A durable queue, named `<service>.<purpose>`.
    package struct Queue: Sendable, Hashable {
        /// Who consumes it.
        package let service: ServiceName
        /// What it is for.
        package let purpose: String
        /// Whether a message lies there for good and is looked at again and again. Such a queue is a classic one: quorum queues of RabbitMQ 4 drop
        /// what was handed out twenty times.
        package var isMarkers = false

        /// The name at the broker.
        package var name: String { "\(service.rawValue).\(purpose)" }
    }

    /// What Stripe said that concerns customers, subscriptions and payments.
    package static let checkoutStripeEvents = Queue(service: .checkout, purpose: "stripe-events")
    /// Who may run a VM, to be shown to customers.
    package static let checkoutAccess = Queue(service: .checkout, purpose: "access")
    /// Subscriptions that are to end.
    package static let checkoutEnds = Queue(service: .checkout, purpose: "ends")
    /// What was given back of payments, to be shown to customers.
    package static let checkoutRefunds = Queue(service: .checkout, purpose: "refunds")
    /// Hints that somebody's access may have changed.
    package static let enforcementStripeEvents = Queue(service: .enforcement, purpose: "stripe-events")
    /// Hints that a payment was given back, or taken back by a bank.
    package static let enforcementReversals = Queue(service: .enforcement, purpose: "reversals")
    /// Which user a Stripe customer is.
    package static let enforcementCustomers = Queue(service: .enforcement, purpose: "customers")
    /// The VM controller's answers.
    package static let enforcementReports = Queue(service: .enforcement, purpose: "vm-reports")
    /// What Stripe said about refunds and disputes.
    package static let refundStripeEvents = Queue(service: .refund, purpose: "stripe-events")
    /// Payments that refunds can be asked for.
    package static let refundPayments = Queue(service: .refund, purpose: "payments")
    /// Subscriptions that were paid for twice.
    package static let refundDuplicates = Queue(service: .refund, purpose: "duplicates")
    /// Payments that count.
    package static let analyticsPayments = Queue(service: .analytics, purpose: "payments")
    /// Subscriptions that count.
    package static let analyticsSubscriptions = Queue(service: .analytics, purpose: "subscriptions")
    /// Charges that failed.
    package static let analyticsAttempts = Queue(service: .analytics, purpose: "attempts")
    /// Refunds and disputes that count.
    package static let analyticsRefunds = Queue(service: .analytics, purpose: "refunds")
    /// What Stripe has in all.
    package static let analyticsReconciliations = Queue(service: .analytics, purpose: "reconciliations")
    /// Seals of every service's trail.
    package static let analyticsAudit = Queue(service: .analytics, purpose: "audit")
    /// What subscribers made of Stripe's events.
    package static let webhookOutcomes = Queue(service: .webhook, purpose: "outcomes")
    /// Requests to say again what was lost at the broker, for `service`.
    package static func redeliveries(of service: ServiceName) -> Queue { Queue(service: service, purpose: "redeliveries") }
    /// Where the marker of `service` lies.
    package static func marker(of service: ServiceName) -> Queue { Queue(service: service, purpose: "marker", isMarkers: true) }
    /// Orders to the VM controller, read by a program that is not ours.
    package static let vmControllerCommands = Queue(service: .vmController, purpose: "commands")

    /// Stripe's event types and the services that subscribe to each. A type that is not here is stored and told to nobody.
    package static let stripeEventTypes: [(type: String, queues: [Queue])] = [
        ("customer.created", [checkoutStripeEvents]),
        ("customer.updated", [checkoutStripeEvents]),
        ("customer.deleted", [checkoutStripeEvents, enforcementStripeEvents]),
        ("customer.subscription.created", [checkoutStripeEvents, enforcementStripeEvents]),
        ("customer.subscription.updated", [checkoutStripeEvents, enforcementStripeEvents]),
        ("customer.subscription.deleted", [checkoutStripeEvents, enforcementStripeEvents]),
        ("customer.subscription.paused", [checkoutStripeEvents, enforcementStripeEvents]),
        ("customer.subscription.resumed", [checkoutStripeEvents, enforcementStripeEvents]),
        ("customer.subscription.trial_will_end", [checkoutStripeEvents]),
        ("invoice.paid", [checkoutStripeEvents, enforcementStripeEvents]),
        ("invoice.payment_failed", [checkoutStripeEvents, enforcementStripeEvents]),
        ("invoice.payment_action_required", [checkoutStripeEvents, enforcementStripeEvents]),
        ("invoice.voided", [checkoutStripeEvents, enforcementStripeEvents]),
        ("invoice.marked_uncollectible", [checkoutStripeEvents, enforcementStripeEvents]),
        ("invoice_payment.paid", [checkoutStripeEvents]),
        ("payment_intent.processing", [checkoutStripeEvents]),
        ("payment_intent.succeeded", [checkoutStripeEvents]),
        ("payment_intent.payment_failed", [checkoutStripeEvents]),
        ("payment_intent.canceled", [checkoutStripeEvents]),
        ("charge.pending", [checkoutStripeEvents]),
        ("charge.succeeded", [checkoutStripeEvents]),
        ("charge.failed", [checkoutStripeEvents]),
        ("checkout.session.completed", [checkoutStripeEvents]),
        ("checkout.session.expired", [checkoutStripeEvents]),
        ("checkout.session.async_payment_succeeded", [checkoutStripeEvents]),
        ("checkout.session.async_payment_failed", [checkoutStripeEvents]),
        ("refund.created", [refundStripeEvents, enforcementReversals]),
        ("refund.updated", [refundStripeEvents, enforcementReversals]),
        ("refund.failed", [refundStripeEvents, enforcementReversals]),
        ("charge.refunded", [refundStripeEvents, enforcementReversals]),
        ("charge.refund.updated", [refundStripeEvents, enforcementReversals]),
        ("charge.dispute.created", [refundStripeEvents, enforcementReversals]),
        ("charge.dispute.updated", [refundStripeEvents, enforcementReversals]),
        ("charge.dispute.closed", [refundStripeEvents, enforcementReversals]),
        ("charge.dispute.funds_withdrawn", [refundStripeEvents, enforcementReversals]),
        ("charge.dispute.funds_reinstated", [refundStripeEvents, enforcementReversals]),
    ]

    /// Every flow of the system.
    package static let flows: [Flow] =
        stripeEventTypes.map { Flow(key: "stripe.\($0.type)", exchange: .stripeEvents, publishers: [.webhook], queues: $0.queues) } + [
            flow(EventHandled.self, from: .checkout, .refund, .enforcement, to: webhookOutcomes),
            flow(CustomerLinked.self, from: .checkout, to: enforcementCustomers),
            flow(PaymentRecorded.self, from: .checkout, to: refundPayments, analyticsPayments),
            flow(PaymentAttemptFailed.self, from: .checkout, to: analyticsAttempts),
            flow(SubscriptionChanged.self, from: .checkout, to: analyticsSubscriptions, enforcementCustomers),
            flow(SubscriptionDuplicated.self, from: .checkout, to: refundDuplicates),
            flow(RefundChanged.self, from: .refund, to: checkoutRefunds, analyticsRefunds),
            flow(DisputeChanged.self, from: .refund, to: analyticsRefunds),
            flow(ReconciliationFinished.self, from: .checkout, .refund, to: analyticsReconciliations),
            flow(SubscriptionEndRequested.self, from: .enforcement, to: checkoutEnds),
            flow(AccessChanged.self, from: .enforcement, to: checkoutAccess),
            flow(VMShutdown.self, from: .enforcement, to: vmControllerCommands),
            flow(VMRestore.self, from: .enforcement, to: vmControllerCommands),
            flow(VMReported.self, from: .vmController, to: enforcementReports),
            flow(AuditSealed.self, from: ServiceName.ours, to: [analyticsAudit]),
            flow(RedeliveryRequested.self, from: ServiceName.ours, to: ServiceName.ours.map(redeliveries)),
        ]
        + ServiceName.ours.map {
            Flow(key: BrokerMarker.key(of: $0), exchange: BrokerMarker.exchange, publishers: [$0], queues: [marker(of: $0)])
        }

    /// The services that must report on an event of this type before it counts as processed; empty for types told to nobody.
    package static func subscribers(ofStripeEvent type: String) -> [ServiceName] {
        subscribersByType[type] ?? []
    }

    /// Every queue, each once, by name.
    package static var queues: [Queue] {
        Set(flows.flatMap(\.queues)).sorted { $0.name < $1.name }
    }

    /// The keys of what `service` publishes to the queue of that name.
    package static func keys(from service: ServiceName, to queue: String) -> [String] {
        flows.filter { $0.publishers.contains(service) && $0.queues.contains { $0.name == queue } }.map(\.key)
    }

    private static let subscribersByType = Dictionary(
        uniqueKeysWithValues: stripeEventTypes.map { ($0.type, $0.queues.map(\.service)) })

    private static func flow<M: FixedMessage>(_ message: M.Type, from publishers: ServiceName..., to queues: Queue...) -> Flow {
        flow(message, from: publishers, to: queues)
    }

    private static func flow<M: FixedMessage>(_ message: M.Type, from publishers: [ServiceName], to queues: [Queue]) -> Flow {
        Flow(key: M.key, exchange: M.exchange, publishers: publishers, queues: queues)
    }
}
