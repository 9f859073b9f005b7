import Logging
package import Messages
package import Messaging
import RabbitMQ
package import ServiceLifecycle

/// What a service needs to speak to others and to hear them.
package struct MessageParts: Sendable {
    /// The publisher, the relay, the consumers, the upkeep of their tables, the sealer of the trail and the watch over the queues, in the order in which they are begun.
    package let workers: [any Service]
    /// The queues must exist and be consumed from.
    package let readiness: [ReadinessCheck]
    /// The queues, for whoever wants to know how they stand.
    package let queues: QueueWatch
    /// What the broker has lost, for whoever wants it all again.
    package let loss: BrokerLoss
}

extension ServiceFoundation {
    /// The parts that carry messages: what waits in `sources` is published, what arrives in the queues is handled.
    ///
    /// The queues that this service consumes, and those that its own messages are to reach, must exist before it is ready. Settings:
    /// `OUTBOX_SCAN_MILLISECONDS` (1000) bounds how long a message of a process that died waits; `RETRY_MAX_SECONDS` (3600) is the
    /// longest delay between two tries of a message.
    package func messages(
        _ outbox: Outbox, sources: [RelayPart] = [], consuming consumers: [(queue: Topology.Queue, dispatch: Dispatch)]
    ) -> MessageParts {
        let scan = settings.milliseconds("OUTBOX_SCAN_MILLISECONDS", default: .seconds(1))
        let policy = RetryPolicy(maximumDelay: settings.seconds("RETRY_MAX_SECONDS", default: .seconds(3600)))
        let publisher = RabbitPublisher(configuration: rabbit, logger: logger)
        let relays =
            [Relay(outbox: outbox, publisher: publisher, scanInterval: scan, logger: logger)]
            + sources.map { part in
                Relay(
                    pool: outbox.pool, source: part.source, publisher: publisher, wake: part.wake, scanInterval: scan, logger: logger)
            }
        let service = outbox.service
        let redelivery = RedeliveryHandler(service: service, sources: [outbox] + sources.map(\.source), logger: logger)
        let consumers = consumers + [(Topology.redeliveries(of: service), Dispatch().on(redelivery))]
        let loss = BrokerLoss(outbox: outbox, queues: consumers.map(\.queue.name), rabbit: rabbit, logger: logger)
        let running = consumers.map { consumer in
            Consumer(
                queue: consumer.queue, dispatch: consumer.dispatch, outbox: outbox, rabbit: rabbit, retryPolicy: policy, logger: logger
            ) { try await loss.note(missing: consumer.queue.name) }
        }
        let purge = Purge(pool: outbox.pool, logger: logger)
        let upkeep = PeriodicWork("purge", every: .seconds(3600), pool: outbox.pool, logger: logger) { try await purge() }
        let reached = Topology.flows.filter { $0.publishers.contains(service) }.flatMap(\.queues)
        let queues = Set((reached + consumers.map(\.queue)).map(\.name)).sorted()
        let watch = QueueWatch(
            queues: queues, readers: zip(consumers, running).map { QueueWatch.Reader(queue: $0.queue.name, consumer: $1) }, rabbit: rabbit,
            logger: logger)
        let sealer = AuditSealer(outbox: outbox, logger: logger)
        let check = AuditCheck(pool: outbox.pool, alerts: Alerts(pool: outbox.pool, logger: logger))
        let proof = PeriodicWork("check_audit", every: .seconds(600), pool: outbox.pool, logger: logger) { try await check() }
        let marker = PeriodicWork("broker_marker", every: .seconds(20), pool: outbox.pool, logger: logger) { try await loss.look() }
        return MessageParts(
            workers: [publisher] + relays + running + [upkeep, sealer, proof, marker, watch], readiness: [watch.check], queues: watch,
            loss: loss)
    }
}

/// A table that is its own outbox, and the signal that wakes its relay.
package struct RelayPart: Sendable {
    /// The table.
    package let source: any RelaySource
    /// Raised by whoever has committed rows to it.
    package let wake: WakeSignal

    /// Names both.
    package init(source: any RelaySource, wake: WakeSignal) {
        self.source = source
        self.wake = wake
    }
}
