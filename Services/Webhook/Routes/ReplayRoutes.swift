import Foundation
import HTTPTypes
import Hummingbird
import Messages
import Messaging
import Models
import ServiceKit

/// `POST /admin/webhooks/{id}/replay` and `POST /admin/webhooks/replay`: events published again.
struct ReplayRoutes: Sendable {
    let replay: ReplayEvents

    private struct OneRequest: Decodable {
        var reason: String?
    }

    private struct FilterRequest: Decodable {
        var processed: Bool?
        var hasError: Bool?
        var type: String?
        var userID: UserID?
        var from: Date?
        var to: Date?
        var limit: Int?
        var dryRun: Bool?
        var reason: String?
    }

    private struct Answer: ResponseEncodable {
        struct Group: Encodable {
            var type: String
            var count: Int64
            var subscribers: [String]
            /// Why none of these is published again; not there when they are.
            var obstacle: String?
        }

        var dryRun: Bool
        var matched: Int64
        var replayable: Int64
        var replayed: Int
        var groups: [Group]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.post("admin/webhooks/:event/replay", use: one)
        routes.post("admin/webhooks/replay", use: many)
    }

    @Sendable private func one(_ request: Request, _ context: AdminContext) async throws -> Answer {
        let id = EventID(try context.parameters.require("event"))
        let isEmpty = request.headers[.contentLength].map { $0 == "0" } ?? !request.headers.contains(.transferEncoding)
        let reason = isEmpty ? nil : try await request.decode(as: OneRequest.self, context: context).reason
        try check(reason)
        return Self.answer(try await replay.one(id, by: context.userID, because: reason))
    }

    @Sendable private func many(_ request: Request, _ context: AdminContext) async throws -> Answer {
        let body = try await request.decode(as: FilterRequest.self, context: context)
        let filter = EventFilter(
            processed: body.processed, hasError: body.hasError, type: body.type, userID: body.userID, from: body.from, to: body.to)
        // Everything there ever was is surely not what is meant.
        guard filter != EventFilter() else { throw ReplayRefusal.noFilter }
        let limit = body.limit ?? ReplayEvents.most
        guard (1...ReplayEvents.most).contains(limit) else { throw ReplayRefusal.badLimit }
        try check(body.reason)
        return Self.answer(
            try await replay.many(filter, by: context.userID, because: body.reason, limit: limit, dryRun: body.dryRun ?? false))
    }

    private func check(_ reason: String?) throws {
        guard let reason else { return }
        guard (1...1000).contains(reason.count), !reason.utf8.contains(0) else { throw ReplayRefusal.badReason }
    }

    private static func answer(_ result: ReplayEvents.Result) -> Answer {
        Answer(
            dryRun: result.isDryRun, matched: result.groups.map(\.count).reduce(0, +),
            replayable: result.groups.filter { $0.obstacle == nil }.map(\.count).reduce(0, +), replayed: result.replayed,
            groups: result.groups.map {
                .init(type: $0.type, count: $0.count, subscribers: $0.subscribers.map(\.rawValue), obstacle: $0.obstacle?.rawValue)
            })
    }
}
