import Foundation
import Glibc
import Logging
import Messages
import Postgres
import TestKit
import Testing

/// RELIABILITY's I1, I2, L2 and L3 at the door: whatever breaks, an event that was answered 200 is stored once, byte for byte, and
/// published; and nothing is stored that was not sent.
@Suite("The door while something breaks")
struct DoorFaultTests {
    fileprivate func process(database: String, broker: TestBroker) async throws -> ServiceProcess {
        try await broker.importDefinitions(String(decoding: try BrokerDefinitions().json(), as: UTF8.self))
        var settings = RunningSystem.commonSettings(stripeURL: "http://127.0.0.1:1", broker: broker)
        settings["DATABASE_URL"] = database
        settings["ALLOW_UNSAFE_DATABASE"] = "true"
        settings["LOG_LEVEL"] = "critical"
        let process = try ServiceProcess("Webhook", settings: settings)
        try await process.start()
        return process
    }

    fileprivate func posts(to process: ServiceProcess) -> StripePosts {
        StripePosts(url: "http://127.0.0.1:\(process.port)/api/payment/webhook")
    }

    /// Everything accepted is stored once with the same bytes, nothing else is, and all of it reaches both queues.
    fileprivate func check(_ posts: StripePosts, in pool: PostgresPool, table: String, broker: TestBroker) async throws {
        let rows = try await pool.query("SELECT stripe_event_id, raw_data FROM \(unsafe: table)")
        let stored = try rows.map { (try $0.get("stripe_event_id", as: String.self), try $0.get("raw_data", as: [UInt8].self)) }
        #expect(Dictionary(stored) { $1 } == posts.accepted)
        #expect(stored.count == posts.accepted.count)
        try await eventually("all are published", within: .seconds(60)) {
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

    @Test("webhook is killed at random moments", .database, .broker)
    func killed() async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        let webhook = try await process(database: database.url(role: "webhook"), broker: broker)
        defer { webhook.kill() }
        let posts = posts(to: webhook)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await posts.post(3000, named: "kill") }
            for round in 1...6 {
                // Between 100 and 400 further events: anywhere in whatever is under way.
                let next = posts.accepted.count + Int.random(in: 100...400)
                try await eventually("round \(round)", within: .seconds(60)) { posts.accepted.count >= min(next, 2900) }
                webhook.kill()
                try await webhook.start()
            }
            try await group.waitForAll()
        }
        #expect(posts.refusals > 0, "some were under way when it died")
        try await check(posts, in: database.observer, table: "webhook.stripe_webhooks", broker: broker)
        #expect(webhook.terminate() == 0)
    }

    @Test("webhook is asked to end under load: no 200 without its commit, exit 0", .database, .broker)
    func terminated() async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        let webhook = try await process(database: database.url(role: "webhook"), broker: broker)
        defer { webhook.kill() }
        let posts = posts(to: webhook)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await posts.post(1500, named: "term") }
            for _ in 1...3 {
                let next = posts.accepted.count + 300
                try await eventually("some more", within: .seconds(60)) { posts.accepted.count >= min(next, 1400) }
                let began = ContinuousClock.now
                #expect(webhook.terminate() == 0)
                #expect(ContinuousClock.now - began < .seconds(10))
                try await webhook.start()
            }
            try await group.waitForAll()
        }
        try await check(posts, in: database.observer, table: "webhook.stripe_webhooks", broker: broker)
    }

    @Test("PostgreSQL is restarted and crashes", .broker)
    func database() async throws {
        try await withServer { server, pool, broker in
            let webhook = try await process(database: server.url, broker: broker)
            defer { webhook.kill() }
            let posts = posts(to: webhook)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await posts.post(2000, named: "database") }
                for round in 1...4 {
                    let next = posts.accepted.count + 200
                    try await eventually("round \(round)", within: .seconds(60)) { posts.accepted.count >= min(next, 1900) }
                    if round.isMultiple(of: 2) { try await server.crash() } else { try await server.stop() }
                    try await server.start()
                    try await eventually("webhook is ready again", within: .seconds(10)) { await webhook.isReady }
                }
                try await group.waitForAll()
            }
            try await check(posts, in: pool, table: "stripe_webhooks", broker: broker)
        }
    }

    @Test("PostgreSQL's disk is full", .broker, .enabled(if: getuid() == 0, "only root can give a server a small disk"))
    func diskFull() async throws {
        try await withServer(disk: "96m") { server, pool, broker in
            let webhook = try await process(database: server.url, broker: broker)
            defer { webhook.kill() }
            let posts = posts(to: webhook)
            try await posts.post(200, named: "before")
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await server.fillDisk()
                group.addTask { try await posts.post(1000, named: "full", type: "thing.happened", within: .seconds(120)) }
                try await eventually("events are refused", within: .seconds(60)) { posts.refusals > 20 }
                try await server.emptyDisk()
                try await eventually("webhook is ready again", within: .seconds(30)) { await webhook.isReady }
                try await group.waitForAll()
            }
            let rows = try await pool.query("SELECT stripe_event_id, raw_data FROM stripe_webhooks")
            let stored = try rows.map { (try $0.get("stripe_event_id", as: String.self), try $0.get("raw_data", as: [UInt8].self)) }
            #expect(Dictionary(stored) { $1 } == posts.accepted && stored.count == 1200)
        }
    }

    /// Runs `body` with a PostgreSQL of its own and a pool at it.
    private func withServer(
        disk: String? = nil, _ body: (PrivatePostgres, PostgresPool, TestBroker) async throws -> Void
    ) async throws {
        let broker = try #require(TestBroker.current)
        let server = try await PrivatePostgres.start(disk: disk)
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: server.url, applicationName: "test"), logger: Logger(label: "test"))
        do {
            try await body(server, pool, broker)
        } catch {
            await pool.close()
            try? await server.discard()
            throw error
        }
        await pool.close()
        try await server.discard()
    }
}

@Suite("The door while the broker stands still", .serialized, .privateBroker)
struct FrozenBrokerTests {
    /// `FREEZE_SECONDS`: for how long; the checks give it a minute.
    private static let seconds = ProcessInfo.processInfo.environment["FREEZE_SECONDS"].flatMap(Double.init) ?? 5

    @Test("events are taken as before, and published once it goes on", .database)
    func frozen() async throws {
        let database = try #require(TestDatabase.current)
        let node = try #require(PrivateBroker.current)
        let broker = try await node.virtualHost()
        let faults = DoorFaultTests()
        let webhook = try await faults.process(database: database.url(role: "webhook"), broker: broker)
        defer { webhook.kill() }
        let posts = faults.posts(to: webhook)
        try await posts.post(100, named: "before")
        try node.freeze()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        do {
            try await posts.post(5000, named: "frozen")
            #expect(posts.refusals == 0)
            #expect(posts.p99 < .seconds(2))
            var number = 0
            while ContinuousClock.now < end {
                try await posts.post(10, named: "later_\(number)")
                number += 1
            }
        } catch {
            try? node.thaw()
            throw error
        }
        try node.thaw()
        try await faults.check(posts, in: database.observer, table: "webhook.stripe_webhooks", broker: broker)
        #expect(webhook.terminate() == 0)
    }
}
