import DedicatedThread
import Testing

@testable import RabbitMQ

@Suite("The URL of the broker")
struct ConfigurationTests {
    @Test("names user, password, hosts and virtual host")
    func everything() throws {
        let configuration = try RabbitConfiguration(
            url: "amqp://u%40x:p%2Fw%3A@one:1,[::1]:2,three/v%2Fh?heartbeat=7&connection_timeout=900")
        #expect(configuration.user == "u@x")
        #expect(configuration.password == "p/w:")
        #expect(configuration.virtualHost == "v/h")
        #expect(configuration.hosts.map(\.description) == ["one:1", "[::1]:2", "three:5672"])
        #expect(configuration.heartbeat == 7)
        #expect(configuration.connectTimeout == .milliseconds(900))
        #expect(configuration.certificateAuthorities == nil)
    }

    @Test("may leave out all but the host", arguments: ["amqp://localhost", "amqp://localhost/"])
    func defaults(url: String) throws {
        let configuration = try RabbitConfiguration(url: url)
        #expect([configuration.user, configuration.password, configuration.virtualHost] == ["guest", "guest", "/"])
        #expect(configuration.hosts == [BrokerHost(name: "localhost", port: 5672)])
        #expect(configuration.heartbeat == 10)
    }

    @Test("turns TLS on with amqps, trusting the system or one file")
    func tls() throws {
        let system = try RabbitConfiguration(url: "amqps://broker.example")
        #expect(system.certificateAuthorities == "/etc/ssl/certs/ca-certificates.crt")
        #expect(system.hosts.first?.port == 5671)
        #expect(try RabbitConfiguration(url: "amqps://b?cacertfile=%2Fca.pem").certificateAuthorities == "/ca.pem")
    }

    @Test(
        "is refused when it cannot be meant",
        arguments: [
            "", "http://localhost", "amqp://", "amqp://a,,b", "amqp://a:0", "amqp://a:x", "amqp://[::1", "amqp://u:p%zz@a",
            "amqp://u:p%00@a", "amqp://a/%ff", "amqp://a?heartbeat=0", "amqp://a?heartbeat=x", "amqp://a?verify=none",
            "amqp://a?cacertfile=x", "amqps://127.0.0.1", "amqps://[::1]",
        ])
    func refused(url: String) {
        #expect { try RabbitConfiguration(url: url) } throws: { ($0 as? RabbitError)?.code == .invalidURL }
    }

    @Test("never shows its password, neither described nor dumped nor in an error")
    func secret() throws {
        let configuration = try RabbitConfiguration(url: "amqp://user:hunter2@localhost/")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("hunter2"))
        #expect { try RabbitConfiguration(url: "amqp://user:hunter2%@localhost") } throws: {
            !"\($0) \(String(reflecting: $0))".contains("hunter2")
        }
    }

    @Test("leads to waits that grow from 50 ms to 5 s, each at most halved")
    func backoff() {
        var backoff = ConnectionLoop.backoff
        let waits = (0..<9).map { _ in backoff.next() }
        for (wait, full) in zip(waits, [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
            #expect((.milliseconds(full / 2)...Duration.milliseconds(full)).contains(wait))
        }
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(50))
    }
}
