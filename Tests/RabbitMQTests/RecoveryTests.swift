import RabbitMQ
import TestKit
import Testing

@Suite("Lost connections", .timeLimit(.minutes(2)))
struct RecoveryTests {
    @Test("publisher and consumer come back from closed connections, and nothing is lost", .broker)
    func closedConnections() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let configuration = try RabbitConfiguration(test: broker.url)
        let publisher = RabbitPublisher(configuration: configuration, logger: quietLogger)
        let recorder = Recorder()
        let isOver = Flag()
        try await running(publisher, consumer(configuration, "q", recorder: recorder)) {
            async let published = publishUntil(isOver, publisher)
            for _ in 0..<3 { try await broker.closeConnections(2) }
            isOver.raise()
            let ids = try await published
            try await eventually("every confirmed message") { Set(recorder.messageIDs).isSuperset(of: ids) }
            #expect(ids.count > 100)
        }
    }

    /// Publishes numbered messages, each again until confirmed, as a relay does. Returns their ids.
    private func publishUntil(_ isOver: Flag, _ publisher: RabbitPublisher) async throws -> Set<String> {
        var confirmed: Set<String> = []
        while !isOver.isRaised {
            let batch = (0..<20).map { Publication.to("q", "\(confirmed.count + $0)") }
            do {
                for (message, result) in zip(batch, try await publisher.publish(batch)) where result == .confirmed {
                    confirmed.insert(message.messageID)
                }
            } catch let error as RabbitError where error.isRetriable {
                continue
            }
        }
        return confirmed
    }
}
