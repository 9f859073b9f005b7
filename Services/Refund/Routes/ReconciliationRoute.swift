import Hummingbird
import Postgres
import ServiceKit

/// `GET /parts/reconciliation`: refund's part of `/admin/reconciliation`.
struct ReconciliationRoute: Sendable {
    let pool: PostgresPool

    private struct Answer: ResponseEncodable {
        var service = "refund"
        var passes: [Reconciliations.Pass]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("parts/reconciliation", use: latest)
    }

    @Sendable private func latest(_ request: Request, _ context: AdminContext) async throws -> Answer {
        Answer(passes: try await Reconciliations.latest(in: pool))
    }
}
