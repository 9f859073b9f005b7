import AsyncHTTPClient
import Foundation
import HTTPTestKit
import Logging
import Messages
import Models
import NIOCore
import NIOHTTP1
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Analytics
@testable import Checkout
@testable import Refund
@testable import StripeSandbox
@testable import SubscriptionEnforcement
@testable import Webhook

/// The whole system in this process: every service by its own build function, on a database and a virtual host of the test's own, with
/// the sandbox in Stripe's place.
struct RunningSystem: Sendable {
    let sandbox: Sandbox
    let database: TestDatabase
    let broker: TestBroker
    /// The address of each service's own listener.
    let urls: [ServiceName: String]
    /// Where Stripe is, for a service more.
    var stripeURL = ""
    var checkout: String { urls[.checkout] ?? "" }
    var webhook: String { urls[.webhook] ?? "" }

    /// Starts everything, runs `body`, and ends everything gracefully.
    static func run(_ overrides: [String: String] = [:], _ body: @Sendable (RunningSystem) async throws -> Void) async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await withAccount { sandbox, stripeURL in try await run(on: sandbox, at: stripeURL, overrides, body) }
    }

    /// An account of Stripe's that outlives the services.
    static func withAccount(
        prices: String = "price_basic", clockOffset: Int = 0,
        _ body: @Sendable (_ sandbox: Sandbox, _ stripeURL: String) async throws -> Void
    ) async throws {
        let config = SandboxConfig(
            basicPrice: prices, premiumPrice: "price_premium", clockStart: Int(Date().timeIntervalSince1970) + clockOffset)
        try await withSandbox(config, body)
    }

    /// The same with an account that is there already; some services may be down.
    static func run(
        on sandbox: Sandbox, at stripeURL: String, _ overrides: [String: String] = [:], without down: Set<ServiceName> = [],
        _ body: @Sendable (RunningSystem) async throws -> Void
    ) async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        try await serving(stripeURL: stripeURL, overrides, without: down) { urls in
            let webhook = try #require(urls[.webhook])
            await sandbox.setWebhookURLs([webhook + "/api/payment/webhook"])
            try await body(RunningSystem(sandbox: sandbox, database: database, broker: broker, urls: urls, stripeURL: stripeURL))
        }
    }

    /// Runs every service with that Stripe, on the database and the virtual host of the test; `body` gets their addresses.
    static func serving(
        stripeURL: String, _ overrides: [String: String] = [:], without down: Set<ServiceName> = [], logLevel: Logger.Level = .error,
        _ body: @Sendable ([ServiceName: String]) async throws -> Void
    ) async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        let services = services.filter { !down.contains($0.0) }
        let ports = try FreePorts.choose(services.count)
        let settings = commonSettings(stripeURL: stripeURL, broker: broker).merging(addresses(services.map(\.0), ports)) { $1 }
            .merging(overrides) { $1 }
        let running = zip(services, ports).map { service, port in
            let own = database.settings(of: service.0.rawValue).merging(["HTTP_PORT": "\(port)"]) { $1 }
            return ServedInTest(service.0.rawValue, settings: settings.merging(own) { $1 }, build: service.1)
        }
        try await ServedInTest.running(running, logLevel: logLevel) { addresses in
            try await body(Dictionary(uniqueKeysWithValues: zip(services.map(\.0), addresses.map(\.url))))
        }
    }

    static let services: [(ServiceName, @Sendable (ServiceFoundation) throws -> ServiceParts)] = [
        (.checkout, { try buildCheckout($0) }), (.webhook, { try buildWebhook($0) }), (.refund, { try buildRefund($0) }),
        (.analytics, { try buildAnalytics($0) }), (.enforcement, { try buildEnforcement($0) }),
    ]

    /// Where each service finds the others.
    static func addresses(_ services: [ServiceName], _ ports: [Int]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: zip(services, ports).map { ("\($0.rawValue.uppercased())_URL", "http://127.0.0.1:\($1)") })
    }

    static func commonSettings(stripeURL: String, broker: TestBroker) -> [String: String] {
        [
            "AMQP_URL": broker.url, "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "MANAGEMENT_PORT": "0",
            "STRIPE_SECRET_KEY": "sk_test_flow", "STRIPE_PUBLISHABLE_KEY": "pk_test_flow", "STRIPE_API_BASE": stripeURL,
            "STRIPE_WEBHOOK_SECRET": "whsec_sandbox", "STRIPE_PRICE_BASIC": "price_basic", "STRIPE_PRICE_PREMIUM": "price_premium",
            "AUTH_JWT_SECRET": TestToken.secret, "ALLOWED_REDIRECT_ORIGINS": "https://shop.example",
            "ENFORCEMENT_HOLD_DOWN_SECONDS": "0", "RETRY_MAX_SECONDS": "1",
        ].merging(addresses(services.map(\.0), services.map { _ in 1 })) { $1 }
    }
}

extension RunningSystem {
    /// An answer of a service: its status and its JSON.
    struct Answer: Sendable {
        var status: UInt
        var body: [UInt8]

        /// The body as a value of any shape.
        func json() throws -> [String: Any] { try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:] }
    }

    /// Calls checkout as a customer.
    func checkout(_ method: String, _ path: String, as user: String, body: [String: String]? = nil) async throws -> Answer {
        try await send(method, "\(checkout)/api/payment/\(path)", user, body)
    }

    /// Calls any service, as a customer, as an admin or as nobody.
    func send(
        _ method: String, _ url: String, _ user: String?, isAdmin: Bool = false, _ body: [String: String]? = nil, accept: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        if let user {
            let token = try await isAdmin ? TestToken.admin(user) : TestToken.customer(user)
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        if let accept { request.headers.add(name: "Accept", value: accept) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        return Answer(status: response.status.code, body: [UInt8](buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    /// One value of one row, as text.
    func value(_ query: Query) async throws -> String? {
        try await database.observer.query("SELECT (\(query: query))::text AS value").first?.get("value")
    }

    /// Waits until nothing is under way: every event published and processed, outboxes empty, inboxes done, nobody to be looked at.
    func atRest() async throws {
        try await worksOff("everything") {
            let undelivered = await sandbox.undelivered
            let left = try await database.underWay()
            return undelivered == 0 ? left : "undelivered \(undelivered), \(left ?? "none here")"
        }
    }
}

extension Sandbox {
    /// How many events have not been taken yet.
    var undelivered: Int { queues.map(\.undelivered).reduce(0, +) }
}
