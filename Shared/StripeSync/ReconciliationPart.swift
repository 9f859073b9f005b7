package import Hummingbird
package import Messages
package import Postgres
package import ServiceKit

/// `GET /parts/reconciliation`: a service's part of `/admin/reconciliation`, its newest passes over Stripe's lists.
package struct ReconciliationPart: Sendable {
    private let service: ServiceName
    private let pool: PostgresPool

    /// The part of a service that keeps its passes in `reconciliations`.
    package init(_ service: ServiceName, pool: PostgresPool) {
        self.service = service
        self.pool = pool
    }

    private struct Answer: ResponseEncodable {
        var service: ServiceName
        var passes: [ListPasses.Pass]
    }

    /// Adds the route.
    package func register(on routes: RouterGroup<AdminContext>) {
        routes.get("parts/reconciliation", use: latest)
    }

    @Sendable private func latest(_ request: Request, _ context: AdminContext) async throws -> Answer {
        Answer(service: service, passes: try await ListPasses.latest(in: pool))
    }
}
