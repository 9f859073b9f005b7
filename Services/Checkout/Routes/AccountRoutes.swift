import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit
import ServiceLifecycle

/// `GET /subscription-status` and `GET /payment-history`: a customer's own account, from our tables alone. They are asked for more than all else
/// together, so what arrives while others are answered is answered together.
struct AccountRoutes: Sendable {
    private let statuses: Batcher<UserID, [UInt8]>
    private let histories: Batcher<Payments.Asked, [UInt8]>

    private struct StatusAnswer: Encodable {
        var subscription: SubscriptionAnswer?

        private enum CodingKeys: CodingKey {
            case subscription
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(subscription, forKey: .subscription)
        }
    }

    init(pool: PostgresPool, plans: PlanCatalogue) {
        statuses = Batcher(pool: pool) { users, connection in
            try await SubscriptionAnswer.current(of: users, plans, in: connection).map {
                try WireJSON.encodeUnsorted(StatusAnswer(subscription: $0))
            }
        }
        histories = Batcher(pool: pool) { try await Payments.histories($0, in: $1) }
    }

    /// What works while there are requests.
    var workers: [any Service] { [statuses, histories] }

    /// The same without the router, for requests without a query.
    func direct(_ authenticator: Authenticator) -> [DirectRoute] {
        [
            .customer("/api/payment/subscription-status", authenticator, statuses) { $0 },
            .customer("/api/payment/payment-history", authenticator, histories) { Payments.Asked(user: $0) },
        ]
    }

    func register(on routes: RouterGroup<CustomerContext>) {
        routes.get("subscription-status", use: status)
        routes.get("payment-history", use: history)
    }

    @Sendable private func status(_ request: Request, _ context: CustomerContext) async throws -> Response {
        try Response(.ok, json: WrittenJSON(await statuses(context.userID)))
    }

    @Sendable private func history(_ request: Request, _ context: CustomerContext) async throws -> Response {
        let page = try PageRequest(request)
        let asked = Payments.Asked(user: context.userID, place: try page.cursor.map(TimedPlace.init), limit: page.limit)
        return try Response(.ok, json: WrittenJSON(await histories(asked)))
    }
}
