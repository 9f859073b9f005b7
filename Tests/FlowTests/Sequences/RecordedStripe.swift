import Foundation
import HTTPTestKit
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Stripe's API as far as services read it here: the objects that events have told of, as the last of them told it, and the list of events.
final class RecordedStripe: Sendable {
    /// One object or event, with what lists are filtered by.
    private struct Entry: Sendable {
        var id: String
        var kind: String
        var created: Int
        var place: Int
        var names: [String: String]
        var json: String

        var isDeleted: Bool { json.contains(#""deleted":true"#) }
    }

    private struct State {
        var objects: [String: Entry] = [:]
        /// The ids of the objects of a kind that one name of theirs leads to: `invoice subscription sub_1`.
        var named: [String: Set<String>] = [:]
        var events: [Entry] = []
        var lost: Set<String> = []
        var loaded = 0
    }

    private let state = Mutex(State())

    /// Serves `body` an address where this is.
    func serving<Result: Sendable>(_ body: @Sendable (String) async throws -> Result) async throws -> Result {
        let router = Router()
        router.get("/v1/**") { [self] request, _ in answer(request.uri) }
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let server = Application(
            responder: router.buildResponder(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in bound.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "stripe", factory: { _ in SwiftLogNoOpLogHandler() }))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { bound.finish() }
                try await server.run()
            }
            defer { group.cancelAll() }
            for await port in ports { return try await body("http://127.0.0.1:\(port)") }
            try await group.waitForAll()
            throw CancellationError()
        }
    }

    /// What Stripe knows from now on: the events of a sequence, oldest first, and the objects in them.
    func load(_ events: [RecordedEvent]) {
        state.withLock { state in
            for event in events {
                state.loaded += 1
                if let id = event.objectID {
                    for (name, value) in event.names { state.named["\(event.kind) \(name) \(value)", default: []].insert(id) }
                    state.objects[id] = Entry(
                        id: id, kind: event.kind, created: event.objectCreated, place: state.loaded, names: event.names, json: event.object)
                }
                guard event.isListed else { continue }
                state.events.append(
                    Entry(id: event.id, kind: "event", created: event.created, place: state.loaded, names: [:], json: event.json))
            }
        }
    }

    /// Lists nothing of what happened so far any more, as Stripe does after 30 days; the objects stay.
    func forgetEvents() {
        state.withLock { state in
            state.events = []
            state.lost = []
        }
    }

    /// Events that no endpoint has taken.
    func lose(_ ids: some Sequence<String>) { state.withLock { $0.lost.formUnion(ids) } }

    private func answer(_ uri: URI) -> Response {
        let parts = uri.path.split(separator: "/").dropFirst().map(String.init)
        let query = Dictionary(
            uri.queryParameters.map { (String($0.key), String($0.value)) }, uniquingKeysWith: { _, last in last })
        if parts == ["events"] { return list(events(query), query) }
        if let last = parts.last, let entry = state.withLock({ $0.objects[last] }) { return reply(entry.json) }
        guard parts.count == 1 else { return reply(Self.missing, status: .notFound) }
        if let customer = query["customer"], state.withLock({ $0.objects[customer]?.isDeleted }) == true {
            return reply(Self.missingCustomer, status: .badRequest)
        }
        return list(objects(of: String(parts[0].dropLast()), query), query)
    }

    private static let missingCustomer =
        #"{"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "customer", "message": "No such customer"}}"#
    private static let missing = #"{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such object"}}"#

    /// Rows whose names are those that are asked for; all of them where nothing is.
    private func objects(of kind: String, _ query: [String: String]) -> [Entry] {
        let wanted = query.filter { !["limit", "starting_after", "status", "payment[type]", "expand[]"].contains($0.key) }
        return state.withLock { state in
            let named = wanted.first.map { state.named["\(kind) \($0.key) \($0.value)"] ?? [] }
            let candidates = named.map { $0.compactMap { state.objects[$0] } } ?? Array(state.objects.values)
            return candidates.filter { entry in entry.kind == kind && wanted.allSatisfy { entry.names[$0.key] == $0.value } }
        }
    }

    private func events(_ query: [String: String]) -> [Entry] {
        let (from, through) = (Int(query["created[gte]"] ?? "") ?? 0, Int(query["created[lte]"] ?? "") ?? .max)
        return state.withLock { state in
            state.events.filter { event in
                (from...through).contains(event.created) && (query["delivery_success"] != "false" || state.lost.contains(event.id))
            }
        }
    }

    /// One page, newest first.
    private func list(_ entries: [Entry], _ query: [String: String]) -> Response {
        let sorted = entries.sorted { ($0.created, $0.place) > ($1.created, $1.place) }
        let start = query["starting_after"].flatMap { id in sorted.firstIndex { $0.id == id } }.map { $0 + 1 } ?? 0
        let page = sorted[start...].prefix(Int(query["limit"] ?? "") ?? 10)
        let rows = page.map(\.json).joined(separator: ",")
        return reply(#"{"object": "list", "url": "/v1", "has_more": \#(start + page.count < sorted.count), "data": [\#(rows)]}"#)
    }

    private func reply(_ json: String, status: HTTPResponse.Status = .ok) -> Response {
        let headers: HTTPFields = [.contentType: "application/json", .date: httpDate(Date())]
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: json)))
    }
}
