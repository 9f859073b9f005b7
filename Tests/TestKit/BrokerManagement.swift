import Foundation
import FoundationNetworking

/// RabbitMQ's management API: JSON in, JSON out.
package struct BrokerManagement: Sendable {
    /// Such as `http://127.0.0.1:15672`.
    package var url: String
    var user: String
    var password: String

    /// Sends one request and returns the body of the answer.
    ///
    /// `path` is the segments after `/api`, each percent-encoded here. Throws `BrokerTestError` for any status but 2xx and those
    /// in `accepting`.
    @discardableResult
    func request(
        _ method: String, _ path: [String], body: (any Encodable & Sendable)? = nil, accepting: Set<Int> = []
    ) async throws -> Data {
        let encoded = path.map { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? $0 }.joined(separator: "/")
        guard let address = URL(string: "\(url)/api/\(encoded)") else { throw BrokerTestError("not a URL: \(url)") }
        var request = URLRequest(url: address, timeoutInterval: 15)
        request.httpMethod = method
        let credentials = Data("\(user):\(password)".utf8).base64EncodedString()
        request.setValue("Basic \(credentials)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        if let data = body as? Data {
            request.httpBody = data
        } else if let body {
            request.httpBody = try JSONEncoder().encode(body)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard (200..<300).contains(status) || accepting.contains(status) else {
            throw BrokerTestError("\(method) \(encoded): \(status) \(String(decoding: data, as: UTF8.self))")
        }
        return data
    }

    /// The decoded answer to a GET.
    func get<Answer: Decodable>(_ path: [String], as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONDecoder().decode(type, from: await request("GET", path))
    }
}
