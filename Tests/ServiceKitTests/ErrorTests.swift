import Foundation
import Hummingbird
import Logging
import Models
import Postgres
import Testing

@testable import ServiceKit

@Suite("Errors on the wire")
struct ErrorTests {
    private enum Rule: Refusal {
        case alreadySubscribed
        case slowDown

        var status: HTTPResponse.Status { self == .slowDown ? .tooManyRequests : .conflict }
        var code: String { self == .slowDown ? "slow_down" : "already_subscribed" }
        var message: String { "No." }
        var field: String? { self == .slowDown ? nil : "plan_id" }
        var retryAfter: Duration? { self == .slowDown ? .milliseconds(1500) : nil }
    }

    private struct Failure: DependencyFailure {
        let dependency = "stripe"
        let isRetriable: Bool
        let isTimeout: Bool
    }

    private struct Unexpected: Error, CustomStringConvertible, CustomDebugStringConvertible {
        let description = "CANARY description"
        let debugDescription = "CANARY in full"
    }

    private static let table: [(name: String, error: any Error, status: Int, code: String, retry: String?)] = [
        ("rule", Rule.alreadySubscribed, 409, "already_subscribed", nil),
        ("slow", Rule.slowDown, 429, "slow_down", "2"),
        ("own", APIError.notFound(), 404, "not_found", nil),
        ("timeout", Failure(isRetriable: true, isTimeout: true), 504, "stripe_timeout", "5"),
        ("away", Failure(isRetriable: true, isTimeout: false), 503, "stripe_unavailable", "5"),
        ("refused", Failure(isRetriable: false, isTimeout: false), 500, "stripe_refused", nil),
        ("cancelled", CancellationError(), 503, "shutting_down", "1"),
        ("framework", HTTPError(.badRequest, message: "id is needed"), 400, "malformed_request", nil),
        ("framework500", HTTPError(.internalServerError, message: "CANARY"), 500, "internal_error", nil),
        ("unexpected", Unexpected(), 500, "internal_error", nil),
    ]

    private func service(_ body: (RunningService) async throws -> Void) async throws {
        try await RunningService.run(
            parts: { foundation in
                ServiceParts { router in
                    for row in Self.table { router.get("/\(row.name)") { _, _ -> String in throw row.error } }
                    let elsewhere = PostgresFailure.pool(foundation.logger)
                    router.get("/database") { _, _ -> String in
                        _ = try await elsewhere.query("SELECT 1")
                        return "no"
                    }
                }
            }, body)
    }

    @Test("each error has its status, code and time to come back")
    func table() async throws {
        try await service { (service) async throws in
            for row in Self.table {
                let answer = try await service.call("GET", "/\(row.name)", headers: [("X-Request-ID", "id-\(row.name)")])
                #expect((answer.status, answer.code) == (row.status, row.code), "\(row.name)")
                #expect(answer[header: "retry-after"] == row.retry, "\(row.name)")
                #expect(answer.json["request_id"] as? String == "id-\(row.name)")
                #expect(answer[header: "content-type"] == "application/json; charset=utf-8")
                #expect(Set(answer.json.keys) == ["error", "request_id"])
                #expect(!answer.body.contains("CANARY"))
            }
            #expect(try await service.call("GET", "/rule").field == "plan_id")
        }
    }

    @Test("a database that cannot be reached is 503, to be tried again")
    func database() async throws {
        try await service { (service) async throws in
            let answer = try await service.call("GET", "/database")
            #expect((answer.status, answer.code) == (503, "temporarily_unavailable"))
            #expect(answer[header: "retry-after"] == "1")
        }
    }

    @Test("what nobody expected is logged once, in full, with the id of its request")
    func logged() async throws {
        try await service { (service) async throws in
            _ = try await service.call("GET", "/unexpected", headers: [("X-Request-ID", "r-1")])
            _ = try await service.call("GET", "/rule")
            let errors = service.log.records.filter { $0["level"] as? String == "error" }
            #expect(errors.count == 1)
            #expect(errors.first?["error"] as? String == "CANARY in full")
            #expect(errors.first?["request_id"] as? String == "r-1")
        }
    }

    @Test("a path without a route is 404, and a route without the method 405 with those it has")
    func unmatched() async throws {
        try await service { (service) async throws in
            let absent = try await service.call("GET", "/absent")
            #expect((absent.status, absent.code) == (404, "not_found"))
            for method in ["POST", "DELETE", "TRACE", "PROPFIND", "OPTIONS"] {
                let answer = try await service.call(method, "/rule")
                #expect((answer.status, answer.code) == (405, "method_not_allowed"), "\(method)")
                #expect(answer[header: "allow"] == "GET, HEAD")
            }
            let head = try await service.call("HEAD", "/absent")
            #expect(head.status == 404 && head.body.isEmpty)
        }
    }

    @Test("every answer may not be stored nor taken for another type, and carries its id")
    func headers() async throws {
        try await service { (service) async throws in
            for path in ["/rule", "/absent", "/unexpected"] {
                let answer = try await service.call("GET", path)
                #expect(answer[header: "cache-control"] == "no-store")
                #expect(answer[header: "x-content-type-options"] == "nosniff")
                #expect(answer[header: "x-request-id"]?.count == 32)
                #expect(answer[header: "server"] == nil)
            }
        }
    }

    @Test(
        "a request id is echoed when it is safe, and made otherwise",
        arguments: ["a b", "", "a;b", "<x>", String(repeating: "a", count: 129), "ok-1.2_3:4"])
    func requestID(given: String) async throws {
        try await service { (service) async throws in
            let echoed = try await service.call("GET", "/absent", headers: [("X-Request-ID", given)])[header: "x-request-id"]
            #expect(given == "ok-1.2_3:4" ? echoed == given : echoed?.count == 32)
        }
    }
}

private enum PostgresFailure {
    /// A pool for a port on which nobody listens.
    static func pool(_ logger: Logger) -> PostgresPool {
        do {
            var configuration = try PostgresConfiguration(url: "postgresql://nobody@127.0.0.1:1/none", applicationName: "test")
            configuration.maximumConnections = 1
            return PostgresPool(configuration: configuration, logger: logger)
        } catch {
            preconditionFailure("the URL is valid")
        }
    }
}
