import AsyncHTTPClient
import Foundation
import HTTPTestKit
import Logging
import Messages
import NIOCore
import NIOHTTP1
import Postgres
import Stripe
import TestKit
import Testing

/// In which order the events of a life are posted.
enum ReplayOrder: Sendable, CustomStringConvertible {
    case asCreated
    case reversed
    /// Some of them twice or more, some never: Stripe's list of what was not delivered must bring those.
    case shuffled(seed: UInt64)

    var description: String {
        switch self {
        case .asCreated: "in order"
        case .reversed: "reversed"
        case .shuffled(let seed): "shuffle \(seed)"
        }
    }

    /// In order, reversed, and so many shuffles.
    static func all(seeds: Int) -> [ReplayOrder] { [.asCreated, .reversed] + (1...max(1, seeds)).map { .shuffled(seed: UInt64($0)) } }

    /// The events to be posted, and those that are lost.
    func arranged(_ events: [RecordedEvent], of name: String) -> (posted: [RecordedEvent], lost: [RecordedEvent]) {
        switch self {
        case .asCreated: return (events, [])
        case .reversed: return (events.reversed(), [])
        case .shuffled(let seed):
            // Each life is shuffled in its own way, the same in every run.
            var random = Seeded(seed: name.utf8.reduce(seed &* 1_000_003) { $0 &* 31 &+ UInt64($1) })
            // What is not listed could not be found again.
            let lost = events.filter { event in event.isListed && Double.random(in: 0..<1, using: &random) < 0.15 }
            let posted = events.filter { event in !lost.contains { $0.id == event.id } }
            let again = posted.filter { _ in Double.random(in: 0..<1, using: &random) < 0.3 }
            return ((posted + again).shuffled(using: &random), lost)
        }
    }
}

/// Lives that are replayed side by side against one running system.
struct ReplayScene {
    /// So many lives are posted at the same time.
    private static let abreast = 24

    let stripe: RecordedStripe
    let webhook: String
    let database: TestDatabase

    /// Runs the system with a stand-in for Stripe that knows what events have told it.
    static func run(_ body: @Sendable (ReplayScene) async throws -> Void) async throws {
        let database = try #require(TestDatabase.current)
        try await #require(TestBroker.current).importTopology()
        let stripe = RecordedStripe()
        try await stripe.serving { url in
            // Written lives end as they were written, without what we would have done at Stripe.
            let settings = ["SWEEP_INTERVAL_SECONDS": "4", "POLICY_DISPUTE_LOST": "keep"]
            // Noise is alerted on, as it should be; the log of a test is for what should not.
            try await RunningSystem.serving(stripeURL: url, settings, logLevel: .critical) { urls in
                try await body(ReplayScene(stripe: stripe, webhook: try #require(urls[.webhook]), database: database))
            }
        }
    }

    /// Posts every life in every order, waits until all is at rest, and says what ended otherwise than at Stripe.
    func replay(_ prototypes: [EventSequence.Copy], _ orders: [ReplayOrder], mark: String = "") async throws -> [String] {
        let before = try await newestEvent()
        var lives: [(copy: EventSequence.Copy, order: ReplayOrder)] = []
        for (number, prototype) in prototypes.enumerated() {
            for (place, order) in orders.enumerated() { lives.append((prototype.copy("\(mark)x\(number)x\(place)"), order)) }
        }
        for life in lives { stripe.load(life.copy.events) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, life) in lives.enumerated() {
                if index >= Self.abreast { try await group.next() }
                group.addTask { try await post(life.copy, in: life.order) }
            }
            try await group.waitForAll()
        }
        try await atRest(
            knowing: lives.reduce(0) { $0 + Set($1.copy.events.filter(\.isSnapshot).map(\.id)).count }, after: before)
        let differences = try await differences(lives)
        stripe.forgetEvents()
        return differences
    }

    private func post(_ life: EventSequence.Copy, in order: ReplayOrder) async throws {
        let (posted, lost) = order.arranged(life.events, of: life.name)
        stripe.lose(lost.map(\.id))
        try await post(posted)
    }

    /// Posts events one after the other, as Stripe does.
    func post(_ events: [RecordedEvent]) async throws {
        let secret = try #require(WebhookSecret(nonEmpty: "whsec_sandbox"))
        for event in events {
            let body = Array(event.json.utf8)
            var request = HTTPClientRequest(url: webhook + "/api/payment/webhook")
            request.method = .POST
            request.headers.add(name: "Stripe-Signature", value: WebhookSignature.sign(body: body, secret: secret, at: Date()))
            request.body = .bytes(ByteBuffer(bytes: body))
            let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
            #expect(answer.status == (event.isSnapshot ? .ok : .badRequest), "\(event.id) \(event.type)")
            _ = try await answer.body.collect(upTo: 1 << 20)
        }
    }

    /// Waits until every event is stored, also those that were lost, and nothing is under way.
    func atRest(knowing events: Int, after before: Int64 = 0) async throws {
        try await worksOff("\(events) events") {
            try await database.underWay(
                and: """
                    SELECT 'unknown events', \(events) - count(*), NULL FROM webhook.stripe_webhooks WHERE id > \(before)
                    UNION ALL SELECT 'failed events', count(*), min(processing_error) FROM webhook.stripe_webhooks
                        WHERE NOT processed AND NOT is_foreign AND processing_error IS NOT NULL
                    """)
        }
    }

    /// Where the events of a replay begin.
    private func newestEvent() async throws -> Int64 {
        try await database.observer.query("SELECT coalesce(max(id), 0) AS id FROM webhook.stripe_webhooks")[0].get("id")
    }

    /// Asked again while the last messages are on their way from one service to another.
    private func differences(_ lives: [(copy: EventSequence.Copy, order: ReplayOrder)]) async throws -> [String] {
        var found: [String] = []
        for life in lives {
            var difference: String?
            try? await eventually("it ends as at Stripe", within: .seconds(found.count < 5 ? 30 : 0)) {
                difference = try await life.copy.difference(database.observer)
                return difference == nil
            }
            if let difference { found.append("\(life.copy.name), \(life.order): \(difference)") }
        }
        return found
    }

    /// One value of one row, as text.
    func value(_ query: Query) async throws -> String? {
        try await database.observer.query("SELECT (\(query: query))::text AS value").first?.get("value")
    }
}
