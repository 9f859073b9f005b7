import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `GET /parts/reconciliation`: webhook's part of `/admin/reconciliation`, for whoever composes it and for admins themselves.
struct ReconciliationRoute: Sendable {
    let pool: PostgresPool

    private struct Answer: ResponseEncodable {
        var service = "webhook"
        /// The newest comparison of each scope, and the newest that repaired something.
        var events: [Reconciliations.Pass]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("parts/reconciliation", use: latest)
    }

    @Sendable private func latest(_ request: Request, _ context: AdminContext) async throws -> Answer {
        Answer(events: try await Reconciliations.latest(in: pool))
    }
}
