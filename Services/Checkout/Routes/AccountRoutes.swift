import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `GET /subscription-status` and `GET /payment-history`: a customer's own account, from our tables alone.
struct AccountRoutes: Sendable {
    let pool: PostgresPool
    let plans: PlanCatalogue

    private struct StatusAnswer: ResponseEncodable {
        var subscription: SubscriptionAnswer?

        private enum CodingKeys: CodingKey {
            case subscription
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(subscription, forKey: .subscription)
        }
    }

    func register(on routes: RouterGroup<CustomerContext>) {
        routes.get("subscription-status", use: status)
        routes.get("payment-history", use: history)
    }

    @Sendable private func status(_ request: Request, _ context: CustomerContext) async throws -> StatusAnswer {
        StatusAnswer(subscription: try await SubscriptionAnswer.current(of: context.userID, plans, in: pool))
    }

    @Sendable private func history(_ request: Request, _ context: CustomerContext) async throws -> Page<PaymentAnswer> {
        let page = try PageRequest(request)
        let rows = try await Payments.history(of: context.userID, behind: page.cursor.map(TimedPlace.init), limit: page.limit, in: pool)
        return Page(rows, limit: page.limit, cursor: { TimedPlace(at: $0.createdAt, id: $0.id.rawValue).cursor }, item: \.self)
    }
}
