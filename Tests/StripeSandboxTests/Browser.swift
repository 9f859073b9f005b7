import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A small HTTP client for tests: an API client and a browser that does not follow redirects.
struct Browser {
    let url: String

    /// One for all tests; it ends with the process. Where nobody listens it says so at once: by default it would wait, longer after each
    /// refusal, and still wait when the server is back.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(configuration: configuration)
    }()

    struct Answer {
        let status: Int
        /// By lower-case name; of a repeated header the last.
        let headers: [String: String]
        let body: String

        /// A value inside the JSON body; nil when it is not there.
        subscript(path: String...) -> Any? {
            let root = try? JSONSerialization.jsonObject(with: Data(body.utf8))
            return path.reduce(root) { ($0 as? [String: Any])?[$1] }
        }
    }

    /// Sends one request; `form` makes it a POST.
    func send(
        _ path: String, form: String? = nil, json: String? = nil, method: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method ?? (form == nil && json == nil ? "GET" : "POST"))
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let text = form ?? json {
            request.headers.add(name: "Content-Type", value: form == nil ? "application/json" : "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: text))
        }
        let response = try await Self.client.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 22)
        let fields = Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        return Answer(status: Int(response.status.code), headers: fields, body: String(buffer: body))
    }

    /// A call of the API with a test key.
    func api(
        _ path: String, form: String? = nil, method: String? = nil, key: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var headers = headers
        headers["Authorization"] = headers["Authorization"] ?? "Bearer sk_test_123"
        headers["Idempotency-Key"] = key
        return try await send(path, form: form, method: method, headers: headers)
    }
}
