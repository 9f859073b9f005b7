import AsyncHTTPClient
import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import NIOCore
import NIOHTTP1
import Postgres
import ServiceKit
import Stripe
import TestKit
import Testing

@testable import Webhook

/// Webhook inside the test, in one or more replicas, on a database and a virtual host of the test's own.
struct RunningWebhook: Sendable {
    static let secret = "whsec_test"

    let database: TestDatabase
    let broker: TestBroker
    /// The public port of each replica.
    let ports: [Int]

    /// Runs the replicas while `body` runs; ends them gracefully. Unless a test says where Stripe is, there is one that lists no events.
    static func run(
        _ overrides: [String: String] = [:], replicas: Int = 1, _ body: @Sendable (RunningWebhook) async throws -> Void
    ) async throws {
        if overrides["STRIPE_API_BASE"] != nil { return try await start(overrides, replicas, body) }
        try await StripeStub.serving(Array(repeating: .json(emptyList), count: 1000)) { stub in
            try await start(overrides.merging(["STRIPE_API_BASE": stub.url]) { $1 }, replicas, body)
        }
    }

    private static func start(
        _ overrides: [String: String], _ replicas: Int, _ body: @Sendable (RunningWebhook) async throws -> Void
    ) async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        let settings = [
            "AMQP_URL": broker.url, "DATABASE_URL": database.url(role: "webhook"),
            "MIGRATION_DATABASE_URL": database.url(role: "webhook_owner"),
            "STRIPE_SECRET_KEY": "sk_test_door",
            "STRIPE_WEBHOOK_SECRET": secret, "AUTH_JWT_SECRET": TestToken.secret, "RETRY_MAX_SECONDS": "1",
        ].merging(overrides) { $1 }
        let service = ServedInTest("webhook", settings: settings) { try buildWebhook($0) }
        try await ServedInTest.running(Array(repeating: service, count: replicas)) { addresses in
            try await body(RunningWebhook(database: database, broker: broker, ports: addresses.map(\.port)))
        }
    }

    /// The header that Stripe would send with `body` now.
    static func signature(of body: [UInt8], at time: Date = Date(), by secret: String = secret) throws -> String {
        WebhookSignature.sign(body: body, secret: try #require(WebhookSecret(nonEmpty: secret)), at: time)
    }

    /// Posts a body as Stripe does; the status.
    func deliver(_ body: [UInt8], signature: String? = nil, replica: Int = 0) async throws -> UInt {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(ports[replica])/api/payment/webhook")
        request.method = .POST
        request.headers.add(name: "Stripe-Signature", value: try signature ?? Self.signature(of: body))
        request.body = .bytes(ByteBuffer(bytes: body))
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        _ = try await answer.body.collect(upTo: 1 << 20)
        return answer.status.code
    }

    /// Calls as an admin; status and JSON.
    func admin(_ method: String = "GET", _ path: String, _ body: String? = nil) async throws -> (status: UInt, json: [String: Any]) {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(ports[0])/api/payment/\(path)")
        request.method = .RAW(value: method)
        request.headers.add(name: "Authorization", value: "Bearer \(try await TestToken.admin())")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = Data([UInt8](buffer: try await answer.body.collect(upTo: 1 << 20)))
        return (answer.status.code, try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:])
    }

    /// A subscriber's report, as it comes from the broker.
    func report(_ id: String, _ service: ServiceName, _ outcome: EventHandled.Outcome, error: String? = nil) async throws {
        let report = EventHandled(stripeEventID: EventID(id), service: service, outcome: outcome, error: error, userID: "user_1")
        let event = CloudEvent(report, id: UUID().uuidString, source: service, time: Date(), trace: nil)
        try await broker.publish(try WireJSON.encode(event), to: "payments.events", routingKey: EventHandled.key)
    }

    /// One value of one row, as text.
    func value(_ query: Query) async throws -> String? {
        try await database.observer.query("SELECT (\(query: query))::text AS value").first?.get("value")
    }
}

/// A page of Stripe's list of events with nothing on it.
let emptyList = #"{"object":"list","url":"/v1/events","has_more":false,"data":[]}"#

/// An event of Stripe's with a body of its own.
func event(_ id: String = "evt_1", type: String = "thing.happened", livemode: Bool = false, object: String = #"{"id":"thing_1"}"#)
    -> [UInt8]
{
    Array(
        (#"{"id":"\#(id)","object":"event","api_version":"2026-05-27.dahlia","created":1767261600,"livemode":\#(livemode),"#
            + #""pending_webhooks":1,"type":"\#(type)","data":{"object":\#(object)}}"#).utf8)
}
