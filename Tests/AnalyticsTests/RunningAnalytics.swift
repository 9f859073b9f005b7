import AsyncHTTPClient
import Foundation
import HTTPTestKit
import Messages
import Messaging
import NIOCore
import NIOHTTP1
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Analytics

/// Analytics inside the test, on a database and a virtual host of the test's own; the other services are nowhere.
struct RunningAnalytics: Sendable {
    let url: String
    /// Hears facts as the consumers do, without waiting for the broker.
    let bench: AnalyticsBench

    /// Runs it while `body` runs.
    static func run(_ overrides: [String: String] = [:], _ body: @Sendable (RunningAnalytics) async throws -> Void) async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        var settings = database.settings(of: "analytics").merging(["AMQP_URL": broker.url, "AUTH_JWT_SECRET": TestToken.secret]) { $1 }
        for service in ["CHECKOUT", "WEBHOOK", "REFUND", "ANALYTICS", "ENFORCEMENT"] { settings["\(service)_URL"] = "http://127.0.0.1:9" }
        let service = ServedInTest("analytics", settings: settings.merging(overrides) { $1 }) { try buildAnalytics($0) }
        try await ServedInTest.running([service]) { addresses in
            let bench = AnalyticsBench(outbox: Outbox(pool: try database.pool(role: "analytics"), service: .analytics))
            try await body(RunningAnalytics(url: addresses[0].url, bench: bench))
        }
    }

    /// Who calls.
    enum Caller: Sendable { case admin, customer, nobody }

    /// Calls a route; status, content type and body.
    func call(
        _ method: String = "GET", _ path: String, as caller: Caller = .admin, accept: String? = nil
    ) async throws -> (status: UInt, type: String?, body: [UInt8]) {
        var request = HTTPClientRequest(url: "\(url)/api/payment/admin/\(path)")
        request.method = .RAW(value: method)
        switch caller {
        case .admin: request.headers.add(name: "Authorization", value: "Bearer \(try await TestToken.admin())")
        case .customer: request.headers.add(name: "Authorization", value: "Bearer \(try await TestToken.customer("user_1"))")
        case .nobody: break
        }
        if let accept { request.headers.add(name: "Accept", value: accept) }
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let body = [UInt8](buffer: try await answer.body.collect(upTo: 64 << 20))
        return (answer.status.code, answer.headers.first(name: "Content-Type"), body)
    }

    /// What a GET answers, as JSON; an answer other than 200 is an issue.
    func json(_ path: String) async throws -> [String: Any] {
        let answer = try await call("GET", path)
        #expect(answer.status == 200, "\(path): \(String(decoding: answer.body, as: UTF8.self))")
        return try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
    }
}

/// The value at a place of a JSON document as text; `null` where there is none.
func value(_ json: Any, _ path: String) -> String {
    switch found(json, path) {
    case let text as String: text
    case let number as NSNumber: number.stringValue
    default: "null"
    }
}
