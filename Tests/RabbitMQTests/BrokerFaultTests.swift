import RabbitMQ
import TestKit
import Testing

@Suite("Faults of the broker", .serialized, .privateBroker, .timeLimit(.minutes(5)))
struct BrokerFaultTests {
    private struct Scene {
        var node: PrivateBroker
        var host: TestBroker
        var configuration: RabbitConfiguration
        var publisher: RabbitPublisher
        var consumer: RabbitConsumer
        var recorder = Recorder()
    }

    private func scene(heartbeat: Int = 2) async throws -> Scene {
        let node = try #require(PrivateBroker.current)
        let host = try await node.virtualHost()
        try await host.declareQueue("q")
        let configuration = try RabbitConfiguration(test: host.url + "?heartbeat=\(heartbeat)", confirmTimeout: .seconds(2))
        let recorder = Recorder()
        return Scene(
            node: node, host: host, configuration: configuration,
            publisher: RabbitPublisher(configuration: configuration, logger: quietLogger),
            consumer: consumer(configuration, "q", recorder: recorder), recorder: recorder)
    }

    /// Publishes `id` again and again until it is confirmed, as a relay does.
    private func deliver(_ id: String, _ scene: Scene) async throws {
        try await eventually("\(id) confirmed", within: .seconds(60)) {
            (try? await scene.publisher.publish([.to("q", id)])) == [.confirmed]
        }
        try await eventually("\(id) delivered", within: .seconds(60)) { scene.recorder.messageIDs.contains(id) }
    }

    @Test("an idle connection outlives three heartbeats")
    func heartbeats() async throws {
        let scene = try await scene()
        try await running(scene.publisher, scene.consumer) {
            try await deliver("before", scene)
            let connections = try await scene.host.connections()
            let start = ContinuousClock.now
            // A broker that hears nothing for two intervals of 2 s closes the connection; four are waited for.
            try await eventually("8 s of silence") { start.duration(to: .now) > .seconds(8) }
            #expect(try await Set(scene.host.connections()).isSuperset(of: connections))
            #expect(scene.publisher.isConnected && scene.consumer.isConsuming)
            try await deliver("after", scene)
        }
    }

    @Test("a frozen broker: publishing fails at its deadline, and both recover")
    func frozen() async throws {
        let scene = try await scene()
        try await running(scene.publisher, scene.consumer) {
            try await deliver("before", scene)
            try scene.node.freeze()
            defer { try? scene.node.thaw() }
            let batch = (0..<500).map { Publication.to("q", "frozen-\($0)", body: .init(repeating: 1, count: 100_000)) }
            let start = ContinuousClock.now
            #expect(await code(of: { try await scene.publisher.publish(batch) }) == .confirmTimeout)
            #expect((.seconds(2)...Duration.seconds(10)).contains(start.duration(to: .now)))
            try await eventually("the silence noticed") { !scene.publisher.isConnected && !scene.consumer.isConsuming }
            #expect(await code(of: { try await scene.publisher.publish([.to("q", "unsent")]) }) == .unreachable)
            try scene.node.thaw()
            try await deliver("after", scene)
        }
    }

    @Test("a memory alarm does not keep run() from ending, though what was sent stays unconfirmed")
    func shutdownUnderAlarm() async throws {
        let scene = try await scene()
        try await running(scene.publisher) {
            try await eventually("a connection") { scene.publisher.isConnected }
            try await scene.node.setMemoryAlarm(true)
            async let blocked = code(of: { try await scene.publisher.publish([.to("q", "sent")]) })
            #expect(await blocked == .confirmTimeout)
        }
        try await scene.node.setMemoryAlarm(false)
    }

    @Test("a frozen broker: the threads get unstuck, so that run() ends")
    func frozenShutdown() async throws {
        // With a heartbeat of a minute nothing but the watchdog can end a send that hangs.
        let scene = try await scene(heartbeat: 60)
        let start = ContinuousClock.now
        defer { try? scene.node.thaw() }
        try await running(scene.publisher, scene.consumer) {
            try await deliver("before", scene)
            try scene.node.freeze()
            let batch = (0..<500).map { Publication.to("q", "frozen-\($0)", body: .init(repeating: 1, count: 100_000)) }
            #expect(await code(of: { try await scene.publisher.publish(batch) }) == .confirmTimeout)
        }
        #expect(start.duration(to: .now) < .seconds(15))
    }

    @Test("a memory alarm: publishing fails at its deadline, consuming goes on, and publishing recovers")
    func memoryAlarm() async throws {
        let scene = try await scene()
        try await running(scene.publisher, scene.consumer) {
            try await deliver("before", scene)
            try await scene.host.publish([9], routingKey: "q", messageID: "early")
            try await scene.node.setMemoryAlarm(true)
            let start = ContinuousClock.now
            // The first is on its way before the broker says that it is blocked; the second is held back.
            #expect(await code(of: { try await scene.publisher.publish([.to("q", "sent")]) }) == .confirmTimeout)
            #expect(await code(of: { try await scene.publisher.publish([.to("q", "held")]) }) == .blocked)
            #expect(start.duration(to: .now) < .seconds(6))
            #expect(scene.publisher.isConnected)
            #expect(scene.consumer.isConsuming)
            try await eventually("what was there before the alarm") { scene.recorder.messageIDs.contains("early") }
            try await scene.node.setMemoryAlarm(false)
            try await deliver("after", scene)
        }
    }

    @Test("a consumer drains its queue while publishers are blocked")
    func consumingUnderAlarm() async throws {
        let scene = try await scene()
        for id in 0..<50 { try await scene.host.publish([1], routingKey: "q", messageID: "\(id)") }
        try await scene.node.setMemoryAlarm(true)
        try await running(scene.consumer) {
            try await eventually("all that was there") { Set(scene.recorder.messageIDs).count == 50 }
        }
        try await scene.node.setMemoryAlarm(false)
        #expect(try await scene.host.takeMessages(from: "q").isEmpty)
    }

    @Test("a restarted broker still has what it confirmed, and both recover", arguments: [true, false])
    func restarted(inGoodOrder: Bool) async throws {
        let scene = try await scene()
        // A quorum queue declared moments before a SIGKILL confirms nothing afterwards (seen with 3.10.8); after a stop it is safe.
        try await scene.node.restart()
        try await running(scene.publisher) {
            let batch = (0..<100).map { Publication.to("q", "kept-\($0)") }
            try await eventually("confirmed") { (try? await scene.publisher.publish(batch)) != nil }
            if inGoodOrder { try await scene.node.stop() } else { try await scene.node.kill() }
            try await scene.node.start()
            try await running(scene.consumer) {
                try await deliver("after", scene)
                try await eventually("all kept messages") { Set(scene.recorder.messageIDs).count == 101 }
            }
        }
    }

    @Test("a consumer whose broker is restarted gets what was unacknowledged again")
    func restartedUnderConsumer() async throws {
        let scene = try await scene()
        try await running(scene.publisher, scene.consumer) {
            try await deliver("before", scene)
            try await scene.node.restart()
            try await deliver("after", scene)
        }
    }

    @Test("TLS: a trusted certificate is accepted, the system's list does not know it")
    func tls() async throws {
        let node = try #require(PrivateBroker.current)
        let trusted = try RabbitConfiguration(test: node.secureURL + "?cacertfile=" + node.certificateAuthority)
        #expect(try await absent(["q"], at: trusted) == ["q"])
        let untrusted = try RabbitConfiguration(test: node.secureURL)
        #expect(await code(of: { try await queueStates(["q"], configuration: untrusted, logger: quietLogger) }) == .unreachable)
        let publisher = RabbitPublisher(configuration: trusted, logger: quietLogger)
        try await running(publisher) { () async throws in
            #expect(try await publisher.publish([.to("nowhere", "a", body: .init(repeating: 1, count: 300_000))]).first?.isReturned == true)
        }
    }

    @Test("TLS: a certificate for another name is refused")
    func tlsHostName() async throws {
        let node = try #require(PrivateBroker.current)
        // Resolves to 127.0.0.1 everywhere, and is not the name in the certificate.
        let url = node.secureURL.replacing("localhost", with: "0x7f000001") + "?cacertfile=" + node.certificateAuthority
        let configuration = try RabbitConfiguration(test: url)
        #expect(await code(of: { try await queueStates(["q"], configuration: configuration, logger: quietLogger) }) == .unreachable)
    }
}
