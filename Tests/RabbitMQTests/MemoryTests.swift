import Foundation
import RabbitMQ
import TestKit
import Testing

@Suite("Memory", .timeLimit(.minutes(5)))
struct MemoryTests {
    @Test("200,000 messages through one publisher and one consumer leave no memory behind", .broker)
    func flat() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let configuration = try RabbitConfiguration(test: broker.url, confirmTimeout: .seconds(60))
        let publisher = RabbitPublisher(configuration: configuration, logger: quietLogger)
        let counter = Counter()
        let consumer = RabbitConsumer(configuration: configuration, queue: "q", prefetch: 500, maximumBatch: 100, logger: quietLogger) {
            counter.add($0.count)
        }
        try await running(publisher, consumer) {
            try await publish(20_000, publisher)
            let before = try residentBytes()
            try await publish(180_000, publisher)
            try await eventually("all consumed", within: .seconds(120)) { counter.value >= 200_000 }
            let growth = try residentBytes() - before
            // 180,000 bodies of 1 KiB are 180 MiB each way; what other tests of this process use meanwhile is far less.
            #expect(growth < 64 << 20, "grown by \(growth >> 20) MiB")
        }
        #expect(counter.value == 200_000)
    }

    private func publish(_ count: Int, _ publisher: RabbitPublisher) async throws {
        let body = [UInt8](repeating: 7, count: 1_024)
        for start in stride(from: 0, to: count, by: 1_000) {
            let results = try await publisher.publish((start..<start + 1_000).map { .to("q", "\($0)", body: body) })
            #expect(results.allSatisfy { $0 == .confirmed })
        }
    }

    private func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(status.dropFirst().first.flatMap { Int($0) }) * 4_096
    }
}
