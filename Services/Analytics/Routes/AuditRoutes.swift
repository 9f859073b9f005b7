import Hummingbird
import Messages
import ServiceKit

/// `GET /admin/audit` and `GET /admin/audit/verify`: who did what, over all services, and whether that was left as it was written.
struct AuditRoutes: Sendable {
    let read: ReadTrail
    let verify: VerifyTrail

    private struct VerdictAnswer: ResponseEncodable {
        var valid: Bool
        var services: [AuditVerification]
        var incomplete: [ServiceName]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/audit", use: trail)
        routes.get("admin/audit/verify", use: verdict)
    }

    @Sendable private func trail(_ request: Request, _ context: AdminContext) async throws -> ComposedPage<AuditRecord> {
        let query = try request.query()
        let (filter, page) = (try AuditFilter(query), try PageRequest(query))
        let found = await read(filter, behind: try page.cursor.map(ReadTrail.Place.init), limit: page.limit, for: context.identity)
        let last = found.isMore ? found.records.last.map(ReadTrail.Place.init) : nil
        return ComposedPage(found.records, next: last?.cursor, incomplete: found.incomplete)
    }

    @Sendable private func verdict(_ request: Request, _ context: AdminContext) async throws -> VerdictAnswer {
        let verdict = try await verify(since: try request.query().date("from"), for: context.identity)
        return VerdictAnswer(valid: verdict.isValid, services: verdict.services, incomplete: verdict.incomplete)
    }
}

extension ReadTrail.Place {
    /// The place behind an entry.
    init(_ record: AuditRecord) {
        self.init(at: record.at, service: record.service, id: record.id)
    }

    /// Reads a cursor that `cursor` made; anything else is a 400.
    init(_ cursor: PageCursor) throws {
        guard cursor.parts.count == 3, AuditPlace.isTime(cursor.parts[0]), let service = ServiceName(rawValue: cursor.parts[1]),
            let id = Int64(cursor.parts[2])
        else {
            throw APIError.foreignCursor
        }
        self.init(at: cursor.parts[0], service: service, id: id)
    }

    /// The place as callers carry it.
    var cursor: PageCursor { PageCursor(at, service.rawValue, "\(id)") }
}
