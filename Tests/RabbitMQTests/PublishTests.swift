import Foundation
import RabbitMQ
import ServiceLifecycle
import TestKit
import Testing

@Suite("Publishing", .timeLimit(.minutes(2)))
struct PublishTests {
    @Test("a confirmed message comes out as it went in: every byte, every property", .broker)
    func roundTrip() async throws {
        let broker = try broker()
        try await broker.declareExchange("events")
        try await broker.declareQueue("q")
        try await broker.bind(queue: "q", to: "events", routingKey: "payment.#")
        let configuration = try RabbitConfiguration(test: broker.url)
        let publisher = RabbitPublisher(configuration: configuration, logger: quietLogger)
        let recorder = Recorder()
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let headers = ["traceparent": "00-é-\u{0}-01", "empty": ""]
        let publication = Publication(
            exchange: "events", routingKey: "payment.recorded", body: body, contentType: "text/plain", messageID: "m-1", headers: headers)
        try await running(publisher, consumer(configuration, "q", recorder: recorder)) {
            #expect(try await publisher.publish([publication]) == [.confirmed])
            try await eventually("the delivery") { recorder.deliveries.count == 1 }
        }
        let expected = Delivery(
            body: body, messageID: "m-1", contentType: "text/plain", routingKey: "payment.recorded", exchange: "events", headers: headers)
        #expect(recorder.deliveries == [expected])
    }

    @Test("a message is stored as persistent, with the time of publishing", .broker)
    func persistent() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let publisher = RabbitPublisher(configuration: try RabbitConfiguration(test: broker.url), logger: quietLogger)
        let before = Int(Date.now.timeIntervalSince1970)
        _ = try await running(publisher) { try await publisher.publish([.to("q", "m-1")]) }
        let properties = try #require(try await broker.takeWholeMessages(from: "q").first).properties
        #expect(properties.deliveryMode == 2)
        #expect(properties.messageID == "m-1")
        #expect(properties.contentType == "application/octet-stream")
        #expect((before...before + 60).contains(properties.timestamp ?? 0))
    }

    @Test("an empty body and an empty batch are nothing special", .broker)
    func empty() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let publisher = RabbitPublisher(configuration: try RabbitConfiguration(test: broker.url), logger: quietLogger)
        try await running(publisher) { () async throws in
            #expect(try await publisher.publish([]) == [])
            #expect(try await publisher.publish([.to("q", "a", body: [])]) == [.confirmed])
        }
        #expect(try await broker.takeMessages(from: "q") == [[]])
    }

    @Test("10,000 messages from ten callers are each confirmed, delivered and acknowledged once", .broker)
    func many() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let configuration = try RabbitConfiguration(test: broker.url, confirmTimeout: .seconds(60))
        let publisher = RabbitPublisher(configuration: configuration, logger: quietLogger)
        let recorder = Recorder()
        try await running(publisher, consumer(configuration, "q", recorder: recorder)) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<10 {
                    group.addTask { () async throws in
                        let batch = (0..<1_000).map { Publication.to("q", "\(caller)-\($0)", body: [UInt8](repeating: 7, count: 512)) }
                        #expect(try await publisher.publish(batch).allSatisfy { $0 == .confirmed })
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("all deliveries", within: .seconds(60)) { recorder.deliveries.count >= 10_000 }
        }
        #expect(Set(recorder.messageIDs).count == 10_000)
        #expect(recorder.deliveries.count == 10_000)
        #expect(recorder.deliveries.allSatisfy { !$0.redelivered })
        #expect(recorder.batches.allSatisfy { (1...100).contains($0.count) })
        #expect(try await broker.takeMessages(from: "q").isEmpty)
    }

    @Test("only the message that no queue takes is returned, with the broker's reason", .broker)
    func unroutable() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let publisher = RabbitPublisher(configuration: try RabbitConfiguration(test: broker.url), logger: quietLogger)
        let results = try await running(publisher) {
            try await publisher.publish([.to("q", "a"), .to("nowhere", "b"), .to("q", "c"), .to("nowhere", "b")])
        }
        #expect(results == [.confirmed, .returned(reason: "312 NO_ROUTE"), .confirmed, .returned(reason: "312 NO_ROUTE")])
    }

    @Test("a message that AMQP cannot carry stops none of those beside it", .broker)
    func impossible() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let publisher = RabbitPublisher(configuration: try RabbitConfiguration(test: broker.url), logger: quietLogger)
        let long = String(repeating: "x", count: 256)
        let impossible: [Publication] = [
            .to(long, "a"), .to("q", long), .to("q", "b", headers: [long: ""]),
            .to("q", "c", headers: ["x": String(repeating: "x", count: 140_000)]),
            .to("q", "d", body: .init(repeating: 0, count: 17 << 20)),
        ]
        try await running(publisher) {
            let results = try await publisher.publish([.to("q", "first")] + impossible + [.to("q", "last")])
            #expect(results.first == .confirmed && results.last == .confirmed)
            for result in results.dropFirst().dropLast() { #expect(result.isReturned) }
            #expect(try await publisher.publish([impossible[0]]).first?.isReturned == true)
        }
        #expect(try await broker.takeMessages(from: "q").count == 2)
    }

    @Test("an exchange that does not exist fails what is unconfirmed, and publishing goes on", .broker)
    func missingExchange() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let publisher = RabbitPublisher(configuration: try RabbitConfiguration(test: broker.url), logger: quietLogger)
        try await running(publisher) { () async throws in
            var lost = Publication.to("q", "a")
            lost.exchange = "missing"
            #expect(await code(of: { try await publisher.publish([lost]) }) == .notFound)
            #expect(try await publisher.publish([.to("q", "b")]) == [.confirmed])
        }
    }

    @Test("without a connection a batch fails at its deadline; without run() too")
    func deadline() async throws {
        let configuration = try RabbitConfiguration(test: "amqp://127.0.0.1:1/", confirmTimeout: .milliseconds(300))
        let publisher = RabbitPublisher(configuration: configuration, logger: quietLogger)
        #expect(await code(of: { try await publisher.publish([.to("q", "a")]) }) == .unreachable)
        try await running(publisher) { () async throws in
            let start = ContinuousClock.now
            #expect(await code(of: { try await publisher.publish([.to("q", "b")]) }) == .unreachable)
            #expect(start.duration(to: .now) < .seconds(3))
            #expect(!publisher.isConnected)
        }
    }

    @Test("a cancelled caller gets CancellationError at once, and others are not disturbed", .broker)
    func cancelled() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let publisher = RabbitPublisher(configuration: try RabbitConfiguration(test: broker.url), logger: quietLogger)
        await withThrowingTaskGroup(of: [PublishResult].self) { group in
            group.addTask { try await publisher.publish([.to("q", "never")]) }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        try await running(publisher) { () async throws in
            #expect(try await publisher.publish([.to("q", "a")]) == [.confirmed])
        }
        #expect(try await broker.takeMessages(from: "q").count == 1)
    }

    @Test("graceful shutdown confirms what was accepted and refuses what comes after", .broker)
    func shutdown() async throws {
        let broker = try broker()
        try await broker.declareQueue("q")
        let configuration = try RabbitConfiguration(test: broker.url, confirmTimeout: .seconds(60))
        let publisher = RabbitPublisher(configuration: configuration, logger: quietLogger)
        let recorder = Recorder()
        try await withThrowingTaskGroup(of: [PublishResult].self) { group in
            group.addTask { try await publisher.publish((0..<20_000).map { .to("q", "\($0)") }) }
            try await running(consumer(configuration, "q", recorder: recorder)) {
                try await running(publisher) {
                    try await eventually("the first of many on its way") { !recorder.batches.isEmpty }
                }
                #expect(try await group.next()?.filter { $0 == .confirmed }.count == 20_000)
            }
        }
        #expect(await code(of: { try await publisher.publish([.to("q", "late")]) }) == .closed)
        #expect(await code(of: { try await publisher.run() }) == .closed)
    }

    @Test("cancelling run() fails what is waiting at once")
    func cancelledRun() async throws {
        let configuration = try RabbitConfiguration(test: "amqp://127.0.0.1:1/", confirmTimeout: .seconds(60))
        let publisher = RabbitPublisher(configuration: configuration, logger: quietLogger)
        await withTaskGroup(of: RabbitError.Code?.self) { group in
            group.addTask { await code(of: { try await publisher.publish([.to("q", "a")]) }) }
            await withThrowingTaskGroup(of: Void.self) { service in
                service.addTask { try await publisher.run() }
                service.cancelAll()
            }
            #expect(await group.next() == .closed)
        }
    }
}

extension PublishResult {
    var isReturned: Bool { if case .returned = self { true } else { false } }
}
