import Foundation
import HTTPTestKit
import Logging
import Messages
import Postgres
import TestKit
import Testing

/// Webhook as a process of its own, with somebody who posts at it.
struct DoorScene: Sendable {
    let webhook: ServiceProcess
    let posts: StripePosts
    /// Where to look for what is stored: another way in than webhook's own.
    private let pool: PostgresPool
    private let table: String
    private let broker: TestBroker

    /// On the test's own database, and its broker unless another is given.
    static func run(broker: TestBroker? = nil, _ body: (DoorScene) async throws -> Void) async throws {
        let database = try #require(TestDatabase.current)
        let broker = try broker ?? #require(TestBroker.current)
        try await run(
            database: database.settings(of: "webhook"), pool: database.observer, table: "webhook.stripe_webhooks", broker: broker, body)
    }

    /// On a PostgreSQL that may be broken; with `disk`, of that size.
    static func runWithServer(disk: String? = nil, _ body: (DoorScene, PrivatePostgres) async throws -> Void) async throws {
        let broker = try #require(TestBroker.current)
        let server = try await PrivatePostgres.start(disk: disk)
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: server.url, applicationName: "test"), logger: Logger(label: "test"))
        do {
            try await run(database: ["DATABASE_URL": server.url], pool: pool, table: "stripe_webhooks", broker: broker) {
                try await body($0, server)
            }
        } catch {
            await pool.close()
            try? await server.discard()
            throw error
        }
        await pool.close()
        try await server.discard()
    }

    private static func run(
        database: [String: String], pool: PostgresPool, table: String, broker: TestBroker, _ body: (DoorScene) async throws -> Void
    ) async throws {
        try await broker.importTopology()
        var settings = RunningSystem.commonSettings(stripeURL: "http://127.0.0.1:1", broker: broker)
        settings.merge(database) { $1 }
        settings["ALLOW_UNSAFE_DATABASE"] = "true"
        settings["LOG_LEVEL"] = "critical"
        let webhook = try ServiceProcess("Webhook", port: try FreePorts.choose(1)[0], settings: settings)
        defer { webhook.kill() }
        try await webhook.start()
        let posts = StripePosts(url: "http://127.0.0.1:\(webhook.port)/api/payment/webhook")
        try await body(DoorScene(webhook: webhook, posts: posts, pool: pool, table: table, broker: broker))
    }

    /// Everything accepted is stored once with the same bytes, and nothing else is.
    func checkStored() async throws {
        let rows = try await pool.query("SELECT stripe_event_id, raw_data FROM \(unsafe: table)")
        let stored = try rows.map { (try $0.get("stripe_event_id", as: String.self), try $0.get("raw_data", as: [UInt8].self)) }
        #expect(Dictionary(stored) { $1 } == posts.accepted)
        #expect(stored.count == posts.accepted.count)
    }

    /// The same, and all of it reaches both queues.
    func check() async throws {
        try await checkStored()
        try await eventually("all are published") {
            try await pool.query("SELECT FROM \(unsafe: table) WHERE published_at IS NULL LIMIT 1").isEmpty
        }
        for queue in [Topology.checkoutStripeEvents, Topology.enforcementStripeEvents] {
            var ids: Set<String> = []
            while case let messages = try await broker.takeWholeMessages(from: queue.name), !messages.isEmpty {
                for message in messages {
                    let json = try JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any]
                    if let id = json?["id"] as? String { ids.insert(id) }
                }
            }
            #expect(ids == Set(posts.accepted.keys), "\(queue.name)")
        }
    }
}
