import RabbitMQ
import TestKit
import Testing

@Suite("Reaching the broker", .timeLimit(.minutes(2)))
struct LoginTests {
    @Test("a wrong password is told from a missing virtual host and from a host that is not there", .broker)
    func refusals() async throws {
        let url = try broker().url
        let cases: [(String, RabbitError.Code)] = [
            (url.replacing("guest:guest@", with: "guest:wrong@"), .authenticationFailed),
            (url.replacing("/test-", with: "/absent-"), .accessRefused),
            ("amqp://127.0.0.1:1/", .unreachable),
            ("amqp://broker.invalid/", .unreachable),
        ]
        for (url, expected) in cases {
            let configuration = try RabbitConfiguration(test: url)
            #expect(await code(of: { try await queueStates(["q"], configuration: configuration, logger: quietLogger) }) == expected)
        }
    }

    @Test("hosts are tried in turn until one answers", .broker)
    func severalHosts() async throws {
        let url = try broker().url.replacing("@", with: "@127.0.0.1:1,")
        let configuration = try RabbitConfiguration(test: url)
        #expect(try await absent(["q"], at: configuration) == ["q"])
    }

    @Test("of many queues the missing ones are named, in the order asked", .broker)
    func missing() async throws {
        let broker = try broker()
        for name in ["a", "c"] { try await broker.declareQueue(name) }
        let configuration = try RabbitConfiguration(test: broker.url)
        #expect(try await absent(["b", "a", "d", "c"], at: configuration) == ["b", "d"])
        #expect(try await absent(["a", "c"], at: configuration) == [])
        #expect(try await absent([], at: configuration) == [])
        #expect(try await broker.queues() == ["a", "c"])
    }
}
