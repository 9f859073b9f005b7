import AsyncHTTPClient
import Foundation
package import Messages
import Messaging
import Models
import NIOCore
import NIOHTTP1
import ServiceContextModule

/// The other services, as one that composes an answer asks them: over HTTP, with the caller's own token, all at once, and none for longer than a
/// second. No decision and no change ever depends on what they say.
package struct Parts: Sendable {
    /// What came together, and who did not answer.
    package struct Gathered<Answer: Sendable>: Sendable {
        /// By service, in their order.
        package var answers: [(service: ServiceName, answer: Answer)] = []
        /// The services that are down, too slow, or say something else, by name.
        package var incomplete: [ServiceName] = []
    }

    private let addresses: [(service: ServiceName, url: String)]

    /// How long a service has.
    private static let patience = Duration.seconds(1)
    /// Bytes of one answer.
    private static let longest = 4 << 20

    /// The services whose addresses are settings: `CHECKOUT_URL` and so on.
    package init(_ services: [ServiceName], _ settings: Settings) {
        addresses = services.map { ($0, Self.text(settings.url("\($0.rawValue.uppercased())_URL"))) }
    }

    private static func text(_ url: URL) -> String {
        let text = url.absoluteString
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Asks every service for `/api/payment/parts/<path>`, with parameters of its own, in the name of whoever has sent the present request.
    package func ask<Answer: Decodable & Sendable>(
        _ path: String, as: Answer.Type = Answer.self, for identity: Identity,
        parameters: @Sendable (ServiceName) -> [String: String]
    ) async -> Gathered<Answer> {
        await withTaskGroup(of: (Int, Answer?).self) { group in
            for (place, part) in addresses.enumerated() {
                let request = Self.request(part.url, path, parameters(part.service), identity)
                group.addTask { (place, await Self.answer(to: request)) }
            }
            var found: [Int: Answer] = [:]
            for await (place, answer) in group { found[place] = answer }
            var gathered = Gathered<Answer>()
            for (place, part) in addresses.enumerated() {
                if let answer = found[place] {
                    gathered.answers.append((part.service, answer))
                } else {
                    gathered.incomplete.append(part.service)
                }
            }
            return gathered
        }
    }

    private static func request(
        _ url: String, _ path: String, _ parameters: [String: String], _ identity: Identity
    ) -> HTTPClientRequest {
        var components = URLComponents()
        components.queryItems = parameters.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0.key, value: $0.value) }
        // A plus is a space to those who read a query.
        let query = (components.percentEncodedQuery ?? "").replacing("+", with: "%2B")
        var request = HTTPClientRequest(url: "\(url)/api/payment/parts/\(path)\(query.isEmpty ? "" : "?" + query)")
        request.headers.add(name: "Authorization", value: "Bearer \(identity.token.text)")
        let context = ServiceContext.current
        if let id = context?.requestID { request.headers.add(name: "X-Request-ID", value: id) }
        if let trace = context?.trace { request.headers.add(name: "traceparent", value: trace.child().traceparent) }
        if let address = context?.acting?.address { request.headers.add(name: "X-Forwarded-For", value: address) }
        return request
    }

    private static func answer<Answer: Decodable & Sendable>(to request: HTTPClientRequest) async -> Answer? {
        await withTaskGroup(of: Answer?.self) { group in
            group.addTask {
                guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(1)), response.status == .ok,
                    let body = try? await response.body.collect(upTo: longest)
                else { return nil }
                return try? WireJSON.decode(Answer.self, from: [UInt8](buffer: body))
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
