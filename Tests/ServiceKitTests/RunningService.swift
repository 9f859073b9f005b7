import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import ServiceKit

/// A service running inside the test, on ports that the system chose.
struct RunningService: Sendable {
    let addresses: ServiceAddresses
    let log: LogCapture
    private let group: ServiceGroup

    /// Runs a service of these parts while `body` runs. The settings given are added to what every service needs.
    static func run<Value>(
        _ settings: [String: String] = [:], limits: HTTPLimits = HTTPLimits(),
        parts: @escaping @Sendable (ServiceFoundation) -> ServiceParts,
        _ body: (RunningService) async throws -> Value
    ) async throws -> Value {
        let needed = ["HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "MANAGEMENT_PORT": "0", "AUTH_JWT_SECRET": Tokens.secret]
        let all = needed.merging(settings) { _, given in given }
        let log = LogCapture()
        let (ready, continuation) = AsyncStream<ServiceAddresses>.makeStream()
        let service = ServedInTest(settings: all, limits: limits, parts: parts, logger: log.logger) { continuation.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: log.silent))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            guard let addresses = await ready.first(where: { _ in true }) else {
                try await tasks.next()
                throw NeverReady()
            }
            let value = try await body(RunningService(addresses: addresses, log: log, group: group))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        }
    }

    /// Begins a graceful shutdown, as SIGTERM does.
    func stop() async {
        await group.triggerGracefulShutdown()
    }

    /// One request to the public listener.
    func call(
        _ method: String = "GET", _ path: String, headers: [(String, String)] = [], body: String? = nil, management: Bool = false
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(management ? addresses.managementPort : addresses.port)\(path)")
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) }, body: String(buffer: bytes))
    }

    /// A POST of JSON.
    func post(_ path: String, _ json: String, headers: [(String, String)] = []) async throws -> Answer {
        try await call("POST", path, headers: headers + [("Content-Type", "application/json")], body: json)
    }

    struct NeverReady: Error {}
}

/// What a service answered.
struct Answer: Sendable {
    let status: Int
    let headers: [(String, String)]
    let body: String

    subscript(header name: String) -> String? {
        headers.first { $0.0.lowercased() == name.lowercased() }?.1
    }

    /// `error.code` of an error's body.
    var code: String? { error?["code"] as? String }
    /// `error.field` of an error's body.
    var field: String? { error?["field"] as? String }

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:] }
    private var error: [String: Any]? { json["error"] as? [String: Any] }
}

private struct ServedInTest: Service {
    let settings: [String: String]
    let limits: HTTPLimits
    let parts: @Sendable (ServiceFoundation) -> ServiceParts
    let logger: Logger
    let onReady: @Sendable (ServiceAddresses) -> Void

    func run() async throws {
        try await serve(
            name: "test", settings: Settings(settings), logger: logger, now: { Tokens.now }, limits: limits, build: parts,
            onReady: { onReady($0) })
    }
}
