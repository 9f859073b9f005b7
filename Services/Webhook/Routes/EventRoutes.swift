import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `/admin/webhooks` and `/admin/evidence/event/{id}`: the audit of every event.
struct EventRoutes: Sendable {
    let pool: PostgresPool

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/webhooks", use: list)
        routes.get("admin/webhooks/:event", use: one)
        routes.get("admin/evidence/event/:event", use: one)
    }

    @Sendable private func list(_ request: Request, _ context: AdminContext) async throws -> Page<EventAnswer> {
        let page = try PageRequest(request)
        let query = try request.query()
        let filter = EventFilter(
            processed: try query.flag("processed"), hasError: try query.flag("has_error"), type: query.text("type"),
            userID: query.text("user_id").map { UserID($0) }, from: try query.date("from"), to: try query.date("to"))
        let rows = try await EventRow.list(filter, behind: try page.cursor.map(Self.number), limit: page.limit, in: pool)
        return Page(rows, limit: page.limit, cursor: { PageCursor("\($0.number)") }, item: EventAnswer.init(row:))
    }

    private static func number(_ cursor: PageCursor) throws -> Int64 {
        guard cursor.parts.count == 1, let number = Int64(cursor.parts[0]) else {
            throw APIError.foreignCursor
        }
        return number
    }

    @Sendable private func one(_ request: Request, _ context: AdminContext) async throws -> EventLifeAnswer {
        let id = EventID(try context.parameters.require("event"))
        guard let row = try await EventRow.find(id, in: pool) else { throw ReplayRefusal.unknownEvent }
        return EventLifeAnswer(row, try await EventLife(of: id, in: pool))
    }
}
