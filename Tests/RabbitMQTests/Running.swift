import DedicatedThread
import Logging
import ServiceLifecycle
import Synchronization
import TestKit
import Testing

@testable import RabbitMQ

/// Runs `services` while `body` runs, then shuts them down gracefully and waits for their end.
func running<T>(_ services: any Service..., body: () async throws -> T) async throws -> T {
    let group = ServiceGroup(services: services, logger: quietLogger)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result = try await body()
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return result
    }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// What a consumer's handler has seen.
final class Recorder: Sendable {
    private let seen = Locked<[[Delivery]]>([])

    func record(_ batch: [Delivery]) { seen.withLock { $0.append(batch) } }

    var batches: [[Delivery]] { seen.withLock { $0 } }
    var deliveries: [Delivery] { batches.flatMap(\.self) }
    var messageIDs: [String] { deliveries.compactMap(\.messageID) }
}

/// Counts from everywhere.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }
    func add(_ amount: Int) { count.wrappingAdd(amount, ordering: .relaxed) }
}

/// Raised once, seen from everywhere.
final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .relaxed) }
    func raise() { value.store(true, ordering: .relaxed) }
}

/// The running test's virtual host.
func broker() throws -> TestBroker {
    try #require(TestBroker.current)
}

extension RabbitConfiguration {
    /// For `url`, with short deadlines where given.
    init(test url: String, confirmTimeout: Duration = .seconds(5), window: Int = 128) throws {
        try self.init(url: url)
        self.confirmTimeout = confirmTimeout
        publishWindow = window
    }
}

extension Publication {
    /// A message to the default exchange, that is, straight to `queue`.
    static func to(_ queue: String, _ id: String, body: [UInt8] = [1], headers: [String: String] = [:]) -> Publication {
        Publication(
            exchange: "", routingKey: queue, body: body, contentType: "application/octet-stream", messageID: id, headers: headers)
    }
}

/// A publisher and a consumer of the same virtual host; the consumer records what comes.
func consumer(
    _ configuration: RabbitConfiguration, _ queue: String, prefetch: Int = 200, maximumBatch: Int = 100, recorder: Recorder
) -> RabbitConsumer {
    RabbitConsumer(configuration: configuration, queue: queue, prefetch: prefetch, maximumBatch: maximumBatch, logger: quietLogger) {
        recorder.record($0)
    }
}

/// The code of the RabbitError that `body` throws, or nil.
func code<T>(of body: () async throws -> T) async -> RabbitError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? RabbitError)?.code
    }
}

/// Which of these queues do not exist.
func absent(_ queues: [String], at broker: RabbitConfiguration) async throws -> [String] {
    try await queueStates(queues, configuration: broker, logger: quietLogger).filter { !$0.exists }.map(\.name)
}
