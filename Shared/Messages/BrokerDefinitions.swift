package import Foundation

/// The broker's shape as RabbitMQ loads it at start: exchanges, queues, bindings, users and permissions, all from `Topology`.
///
/// The committed file `deploy/rabbitmq/definitions.json` is exactly this. Passwords are not in it: each user has a placeholder
/// `${<NAME>_AMQP_PASSWORD}` that `deploy/rabbitmq/render` replaces by a hash.
package struct BrokerDefinitions: Encodable, Sendable {
    /// The virtual host of the system.
    package static let virtualHost = "payments"

    private struct VirtualHost: Encodable {
        var name = BrokerDefinitions.virtualHost
    }

    private struct User: Encodable {
        var name: String
        var passwordHash: String
        var hashingAlgorithm = "rabbit_password_hashing_sha256"
        var tags: [String] = []
        var limits: [String: Int] = [:]
    }

    private struct Permission: Encodable {
        var user: String
        var vhost = BrokerDefinitions.virtualHost
        var configure: String
        var write: String
        var read: String
    }

    private struct ExchangeDefinition: Encodable {
        var name: String
        var vhost = BrokerDefinitions.virtualHost
        var type = "topic"
        var durable = true
        var autoDelete = false
        var `internal` = false
        var arguments: [String: String] = [:]
    }

    private struct QueueDefinition: Encodable {
        var name: String
        var vhost = BrokerDefinitions.virtualHost
        var durable = true
        var autoDelete = false
        // No delivery limit: it would lose innocent messages when a consumer is killed again and again.
        var arguments: [String: String]
    }

    private struct BindingDefinition: Encodable {
        var source: String
        var vhost = BrokerDefinitions.virtualHost
        var destination: String
        var destinationType = "queue"
        var routingKey: String
        var arguments: [String: String] = [:]
    }

    private var vhosts = [VirtualHost()]
    private var users: [User]
    private var permissions: [Permission]
    private var exchanges: [ExchangeDefinition]
    private var queues: [QueueDefinition]
    private var bindings: [BindingDefinition]

    /// The definitions of the system.
    package init() {
        users = ServiceName.allCases.map { Self.user($0.rawValue) } + [Self.user("operator", tags: ["monitoring"])]
        permissions = ServiceName.allCases.map(Self.permission) + [Self.operatorPermission]
        exchanges = Exchange.allCases.map { ExchangeDefinition(name: $0.rawValue) }
        queues = Topology.queues.map {
            QueueDefinition(name: $0.name, arguments: ["x-queue-type": $0.isMarkers ? "classic" : "quorum"])
        }
        bindings = Topology.flows.flatMap { flow in
            flow.queues.map { BindingDefinition(source: flow.exchange.rawValue, destination: $0.name, routingKey: flow.key) }
        }
    }

    /// The definitions as they are committed: sorted keys, one value a line.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    private static func user(_ name: String, tags: [String] = []) -> User {
        let variable = name.uppercased().replacing("-", with: "_") + "_AMQP_PASSWORD"
        return User(name: name, passwordHash: "${\(variable)}", tags: tags)
    }

    /// A service may write to the exchanges that it publishes to, read its own queues, and change nothing.
    private static func permission(_ service: ServiceName) -> Permission {
        let written = Set(Topology.flows.filter { $0.publishers.contains(service) }.map(\.exchange.rawValue)).sorted()
        let read = Topology.queues.filter { $0.service == service }.map(\.name)
        return Permission(user: service.rawValue, configure: "^$", write: pattern(written), read: pattern(read))
    }

    /// People and outside tests: see and read everything, declare and bind queues of their own, answer for the VM controller; they cannot forge
    /// facts or commands, nor write to a service's queue.
    private static var operatorPermission: Permission {
        let services = ServiceName.allCases.map { $0.rawValue }.joined(separator: "|")
        let facts = Exchange.allCases.filter { $0 != .vmReports }.map { escaped($0.rawValue) }.joined(separator: "|")
        return Permission(
            user: "operator", configure: "^(?!(\(services))\\.)(?!(\(facts)|vm\\.reports)$).*$",
            write: "^(?!(\(services))\\.)(?!(\(facts)|amq\\.default)$).*$", read: ".*")
    }

    private static func pattern(_ names: [String]) -> String {
        names.isEmpty ? "^$" : "^(" + names.map(escaped).joined(separator: "|") + ")$"
    }

    private static func escaped(_ name: String) -> String { name.replacing(".", with: "\\.") }
}
