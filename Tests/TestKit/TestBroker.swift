import Foundation

/// A virtual host of its own for one test, and what tests do to a broker behind the back of the code under test.
///
/// Everything goes through the management API, so nothing here shares code with what is tested. Queues are durable quorum queues.
package struct TestBroker: Sendable {
    /// The broker of the running test that has the `.broker` trait.
    @TaskLocal package static var current: TestBroker?

    /// The name of the virtual host.
    package let virtualHost: String
    /// The AMQP URL of the virtual host, user and password included.
    package let url: String
    private let management: BrokerManagement

    /// Creates a virtual host, by default at the broker the environment names. `delete` must follow.
    package static func create(at environment: BrokerEnvironment? = nil) async throws -> TestBroker {
        let environment = try environment ?? BrokerEnvironment.current()
        let broker = TestBroker(
            virtualHost: "test-\(UUID().uuidString.lowercased())", url: environment.url, management: environment.management)
        try await broker.make()
        return broker
    }

    private func make() async throws {
        try await management.request("PUT", ["vhosts", virtualHost])
        let everything = ["configure": ".*", "write": ".*", "read": ".*"]
        try await management.request("PUT", ["permissions", virtualHost, management.user], body: everything)
    }

    private init(virtualHost: String, url: String, management: BrokerManagement) {
        self.virtualHost = virtualHost
        var components = URLComponents(string: url)
        components?.path = "/\(virtualHost)"
        self.url = components?.string ?? url
        self.management = management
    }

    /// Removes the virtual host with everything in it; its connections are closed.
    package func delete() async throws {
        try await management.request("DELETE", ["vhosts", virtualHost], accepting: [404])
    }

    /// Loses everything in it, as a broker whose disk was lost: its connections are closed, and there is nothing.
    package func wipe() async throws {
        try await delete()
        try await make()
    }

    // MARK: Topology

    /// Declares a quorum queue.
    package func declareQueue(_ name: String) async throws {
        struct Declaration: Encodable {
            var durable = true
            var arguments = ["x-queue-type": "quorum"]
        }
        try await management.request("PUT", ["queues", virtualHost, name], body: Declaration())
    }

    /// Declares a durable exchange.
    package func declareExchange(_ name: String, type: String = "topic") async throws {
        struct Declaration: Encodable {
            var type: String
            var durable = true
        }
        try await management.request("PUT", ["exchanges", virtualHost, name], body: Declaration(type: type))
    }

    /// Binds a queue to an exchange.
    package func bind(queue: String, to exchange: String, routingKey: String) async throws {
        let binding = ["routing_key": routingKey]
        try await management.request("POST", ["bindings", virtualHost, "e", exchange, "q", queue], body: binding)
    }

    /// Deletes a queue with its messages; its consumers are cancelled.
    package func deleteQueue(_ name: String) async throws {
        try await management.request("DELETE", ["queues", virtualHost, name])
    }

    /// Deletes all messages of a queue that are not with a consumer.
    package func purgeQueue(_ name: String) async throws {
        try await management.request("DELETE", ["queues", virtualHost, name, "contents"])
    }

    /// The names of all queues, sorted.
    package func queues() async throws -> [String] {
        struct Queue: Decodable { var name: String }
        return try await management.get(["queues", virtualHost], as: [Queue].self).map(\.name).sorted()
    }

    /// Declares the exchanges, queues, bindings and policies of a definitions file in this virtual host, whatever host it names.
    package func importDefinitions(_ json: String) async throws {
        try await management.request("POST", ["definitions", virtualHost], body: Data(json.utf8))
    }

    // MARK: Messages

    /// Publishes a message; `headers` is a JSON object. Returns whether any queue took it.
    @discardableResult
    package func publish(
        _ body: [UInt8], to exchange: String = "amq.default", routingKey: String, messageID: String = UUID().uuidString,
        headers: String = "{}"
    ) async throws -> Bool {
        struct Answer: Decodable { var routed: Bool }
        let properties: [String: Any] = [
            "message_id": messageID, "delivery_mode": 2, "headers": try JSONSerialization.jsonObject(with: Data(headers.utf8)),
        ]
        let message: [String: Any] = [
            "properties": properties, "routing_key": routingKey, "payload": Data(body).base64EncodedString(),
            "payload_encoding": "base64",
        ]
        let json = try JSONSerialization.data(withJSONObject: message)
        let answer = try await management.request("POST", ["exchanges", virtualHost, exchange, "publish"], body: json)
        return try JSONDecoder().decode(Answer.self, from: answer).routed
    }

    /// Takes up to `count` ready messages out of a queue, oldest first, and returns their bodies. Messages with a consumer are not ready.
    package func takeMessages(_ count: Int = 1_000, from queue: String) async throws -> [[UInt8]] {
        try await takeWholeMessages(count, from: queue).map(\.body)
    }

    /// The same with their properties.
    package func takeWholeMessages(_ count: Int = 1_000, from queue: String) async throws -> [BrokerMessage] {
        struct Request: Encodable {
            var count: Int
            var ackmode = "ack_requeue_false"
            var encoding = "base64"
        }
        let answer = try await management.request("POST", ["queues", virtualHost, queue, "get"], body: Request(count: count))
        return try JSONDecoder().decode([BrokerMessage].self, from: answer)
    }

    // MARK: Connections

    /// The names of the open connections to this virtual host. A new one appears here within a few seconds.
    package func connections() async throws -> [String] {
        struct Connection: Decodable { var name: String }
        return try await management.get(["vhosts", virtualHost, "connections"], as: [Connection].self).map(\.name)
    }

    /// Waits until there are `count` connections, then has the broker close them all.
    package func closeConnections(_ count: Int) async throws {
        try await waitForBroker("\(count) connections to \(virtualHost)", within: .seconds(15)) {
            try await connections().count >= count
        }
        for name in try await connections() {
            try await management.request("DELETE", ["connections", name], accepting: [404])
        }
    }
}
