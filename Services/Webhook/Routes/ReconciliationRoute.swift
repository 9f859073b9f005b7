import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `GET /parts/reconciliation`: webhook's part of `/admin/reconciliation`, for whoever composes it and for admins themselves.
struct ReconciliationRoute: Sendable {
    let pool: PostgresPool

    private struct Pass: Encodable {
        var scope: String
        var from: Date
        var to: Date?
        var startedAt: Date
        var finishedAt: Date?
        var seen: Int32
        var repaired: Int32
        var error: String?
    }

    private struct Answer: ResponseEncodable {
        var service = "webhook"
        /// The newest comparison of each scope, and the newest that repaired something.
        var events: [Pass]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("parts/reconciliation", use: latest)
    }

    @Sendable private func latest(_ request: Request, _ context: AdminContext) async throws -> Answer {
        Answer(
            events: try await Reconciliations.latest(in: pool).map {
                Pass(
                    scope: $0.scope.rawValue, from: $0.from, to: $0.through, startedAt: $0.startedAt, finishedAt: $0.finishedAt,
                    seen: $0.seen, repaired: $0.repaired, error: $0.error)
            })
    }
}
