import Logging
import Messages

@testable import Messaging

extension Logger {
    /// A world tells its own story.
    static let quiet = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// What takes the messages of one service's queues in one of its processes.
struct Consumers: Sendable {
    private var processors: [(queue: String, processor: MessageProcessor)] = []

    init(_ dispatches: [(Topology.Queue, Dispatch)], _ outbox: Outbox, _ alerts: Alerts, retry: RetryPolicy) {
        for (queue, dispatch) in dispatches.sorted(by: { $0.0.name < $1.0.name }) {
            let processor = MessageProcessor(
                inbox: Inbox(queue: queue.name), dispatch: dispatch, outbox: outbox, retryPolicy: retry, alerts: alerts, logger: .quiet)
            processors.append((queue.name, processor))
        }
    }

    /// Takes what was delivered together from a queue; what is not this service's is left alone.
    func hear(_ bodies: [[UInt8]], from queue: String) async throws {
        try await processors.first { $0.queue == queue }?.processor.process(bodies.map(Incoming.init))
    }

    /// Takes up messages that are due again, one of each queue at most.
    func retryDue() async throws {
        for (_, processor) in processors { _ = try await processor.retryDue(limit: 1) }
    }
}
