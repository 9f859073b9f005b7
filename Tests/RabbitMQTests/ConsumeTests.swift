import RabbitMQ
import ServiceLifecycle
import TestKit
import Testing

@Suite("Consuming", .timeLimit(.minutes(2)))
struct ConsumeTests {
    @Test("a failed batch comes again, marked as redelivered, and only then what came behind it", .broker)
    func failedBatch() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        for id in 1...5 { try await broker.publish([UInt8(id)], routingKey: "q", messageID: "\(id)") }
        let recorder = Recorder()
        let consumer = RabbitConsumer(
            configuration: try RabbitConfiguration(test: broker.url), queue: "q", prefetch: 10, maximumBatch: 2, logger: quietLogger
        ) { batch in
            recorder.record(batch)
            if recorder.batches.count == 1 { throw HandlerFailure() }
        }
        try await running(consumer) {
            try await eventually("all five, the failed ones twice") {
                Set(recorder.batches.dropFirst().flatMap(\.self).map(\.body)).count == 5
            }
        }
        let failed = try #require(recorder.batches.first)
        let later = recorder.batches.dropFirst().flatMap(\.self)
        #expect(failed.allSatisfy { !$0.redelivered })
        for delivery in failed { #expect(later.contains { $0.messageID == delivery.messageID && $0.redelivered }) }
        #expect(later.count == 5)
        #expect(try await broker.takeMessages(from: "q").isEmpty)
    }

    @Test("no more than the prefetch leaves the queue before the first acknowledgement", .broker)
    func prefetch() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        for id in 1...9 { try await broker.publish([UInt8(id)], routingKey: "q") }
        let recorder = Recorder()
        let gate = Gate()
        let consumer = RabbitConsumer(
            configuration: try RabbitConfiguration(test: broker.url), queue: "q", prefetch: 3, maximumBatch: 100, logger: quietLogger
        ) { batch in
            recorder.record(batch)
            await gate.wait()
        }
        try await running(consumer) {
            try await eventually("a first batch") { !recorder.batches.isEmpty }
            #expect(try await broker.takeMessages(from: "q").count == 6)
            #expect(recorder.deliveries.count <= 3)
            gate.open()
            try await eventually("the other three") { recorder.deliveries.count == 3 }
        }
    }

    @Test("graceful shutdown finishes and acknowledges the batch in hand and gives the rest back", .broker)
    func gracefulShutdown() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        for id in 1...6 { try await broker.publish([UInt8(id)], routingKey: "q") }
        let recorder = Recorder()
        let (shutdown, gate) = (Flag(), Gate())
        let consumer = RabbitConsumer(
            configuration: try RabbitConfiguration(test: broker.url), queue: "q", prefetch: 6, maximumBatch: 1, logger: quietLogger
        ) { batch in
            recorder.record(batch)
            try await ServiceLifecycle.gracefulShutdown()
            shutdown.raise()
            await gate.wait()
        }
        let group = ServiceGroup(services: [consumer], logger: quietLogger)
        async let ended: Void = group.run()
        try await eventually("a first batch") { recorder.batches.count == 1 }
        await group.triggerGracefulShutdown()
        try await eventually("the shutdown seen") { shutdown.isRaised }
        gate.open()
        try await ended
        #expect(recorder.batches.count == 1)
        #expect(!consumer.isConsuming)
        try await eventually("the rest back in the queue") {
            try await broker.takeMessages(from: "q").count == 5
        }
    }

    @Test("cancelling run() cancels the handler and leaves its batch in the queue", .broker)
    func cancellation() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        try await broker.publish([1], routingKey: "q")
        let recorder = Recorder()
        let consumer = RabbitConsumer(
            configuration: try RabbitConfiguration(test: broker.url), queue: "q", prefetch: 6, maximumBatch: 1, logger: quietLogger
        ) { batch in
            recorder.record(batch)
            await Gate().wait()
            try Task.checkCancellation()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run() }
            try await eventually("a first batch") { recorder.batches.count == 1 }
            group.cancelAll()
        }
        try await eventually("the message back in the queue") { try await broker.takeMessages(from: "q") == [[1]] }
    }

    @Test("a deleted queue is noticed and consumed again once it is back", .broker)
    func deletedQueue() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let recorder = Recorder()
        let consumer = consumer(try RabbitConfiguration(test: broker.url), "q", recorder: recorder)
        try await running(consumer) {
            try await eventually("consuming") { consumer.isConsuming }
            try await broker.deleteQueue("q")
            try await eventually("the loss noticed") { !consumer.isConsuming }
            try await broker.declareQueue("q")
            try await broker.publish([1], routingKey: "q")
            try await eventually("the message of the new queue") { recorder.deliveries.count == 1 }
        }
    }

    @Test("numbers and booleans in headers arrive as text, nested values not at all", .broker)
    func foreignHeaders() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        try await broker.publish([1], routingKey: "q", headers: #"{"n": 42, "f": 1.5, "b": true, "s": "text", "t": {"x": 1}, "a": [1]}"#)
        let recorder = Recorder()
        try await running(consumer(try RabbitConfiguration(test: broker.url), "q", recorder: recorder)) {
            try await eventually("the message") { recorder.deliveries.count == 1 }
        }
        #expect(recorder.deliveries.first?.headers == ["n": "42", "f": "1.5", "b": "true", "s": "text"])
    }
}

struct HandlerFailure: Error {}

/// Lets nobody pass until opened, then everybody.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)

    func wait() async { for await _ in stream {} }
    func open() { continuation.finish() }
}
