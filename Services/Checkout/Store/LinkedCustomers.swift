import DedicatedThread
import Models
import Postgres

/// Which user a customer is linked to. A link is made once and never changed, so what was read once is known.
final class LinkedCustomers: Sendable {
    private let pool: PostgresPool
    private let known = Locked<[CustomerID: UserID]>([:])

    /// More than have events at any one time; some megabytes.
    private static let most = 20_000

    init(pool: PostgresPool) {
        self.pool = pool
    }

    func user(of customer: CustomerID) async throws -> UserID? {
        if let user = known.withLock({ $0[customer] }) { return user }
        guard let user = try await Customers.user(of: customer, in: pool) else { return nil }
        known.withLock { known in
            if known.count >= Self.most { known.removeAll() }
            known[customer] = user
        }
        return user
    }
}
