package import Hummingbird
package import Messages
import Messaging
import Postgres

/// `GET /parts/audit` and `GET /parts/audit/verify`: a service's part of the one trail, for analytics, which composes it, and for admins
/// themselves. Each read is an entry of the trail that was read.
package struct AuditParts: Sendable {
    private let service: ServiceName
    private let pool: PostgresPool
    private let verify: VerifyAudit

    /// Seals whose hashes one call may ask for.
    private static let mostAsked = 100

    /// The parts of `service`, whose trail is in the schema of `foundation`'s database.
    package init(_ service: ServiceName, _ foundation: ServiceFoundation) {
        self.service = service
        pool = foundation.postgres
        verify = VerifyAudit(
            service: service, pool: pool, check: AuditCheck(pool: pool, alerts: Alerts(pool: pool, logger: foundation.logger)))
    }

    /// Adds both routes to those for admins.
    package func register(on routes: RouterGroup<AdminContext>) {
        routes.get("parts/audit", use: page)
        routes.get("parts/audit/verify", use: verified)
    }

    @Sendable private func page(_ request: Request, _ context: AdminContext) async throws -> Page<AuditRecord> {
        let query = try request.query()
        let (filter, page) = (try AuditFilter(query), try PageRequest(query))
        let place = try page.cursor.map(AuditPlace.init)
        let records = try await AuditRecord.page(of: service, filter, behind: place, limit: page.limit, in: pool)
        // Nothing is shown of which this is not there, and it is not among what is shown.
        try await note("audit.read", filter.parameters)
        return Page(records, limit: page.limit, cursor: { AuditPlace(at: $0.at, id: $0.id).cursor }, item: { $0 })
    }

    @Sendable private func verified(_ request: Request, _ context: AdminContext) async throws -> AuditVerification {
        let query = try request.query()
        let since = try query.date("from")
        let asked = try (query.text("sequences") ?? "").split(separator: ",").map { text in
            guard let number = Int64(text) else {
                throw APIError.malformed("sequences must be numbers, separated by commas.", field: "sequences", code: "invalid_parameter")
            }
            return number
        }
        guard asked.count <= Self.mostAsked else {
            throw APIError.malformed(
                "sequences may hold at most \(Self.mostAsked) numbers.", field: "sequences", code: "invalid_parameter")
        }
        try await note("audit.verified", query.text("from").map { ["from": $0] } ?? [:])
        return try await verify(since: since, asked: asked)
    }

    private func note(_ action: String, _ parameters: [String: String]) async throws {
        try await pool.query(AuditEntry(action, "audit", service.rawValue, after: try JSON(encoding: parameters)).statement)
    }
}

extension AuditVerification: ResponseEncodable {}
