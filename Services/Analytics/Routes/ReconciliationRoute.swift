import Hummingbird
import Messages
import Postgres
import ServiceKit

/// `GET /admin/reconciliation`: the newest comparisons with Stripe of each service that makes some, and what Stripe has in all.
struct ReconciliationRoute: Sendable {
    let parts: Parts
    let pool: PostgresPool

    private struct Answer: ResponseEncodable {
        var services: [JSONTree]
        /// What Stripe has, by its own lists.
        var stripe: [StripeTotals.Total]
        /// Where our totals are others.
        var differences: [StripeDifferences.Difference]
        /// The services that did not answer.
        var incomplete: [ServiceName]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/reconciliation", use: latest)
    }

    @Sendable private func latest(_ request: Request, _ context: AdminContext) async throws -> Answer {
        let gathered = await parts.ask("reconciliation", as: JSONTree.self, for: context.identity) { _ in [:] }
        return Answer(
            services: gathered.answers.map(\.answer), stripe: try await StripeTotals.all(in: pool),
            differences: try await StripeDifferences.all(in: pool), incomplete: gathered.incomplete)
    }
}
