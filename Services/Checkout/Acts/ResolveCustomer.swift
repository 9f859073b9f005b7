import Models
import Postgres
import Stripe

/// Finds out which user something of Stripe's concerns.
///
/// In this order: the customer's link, the user that the object itself names (metadata, client reference), the customer's metadata
/// at Stripe. Nobody else in the system decides this.
struct ResolveCustomer: Sendable {
    let pool: PostgresPool
    let stripe: StripeClient

    /// The user behind a customer and an object's own word; nil when nobody knows (yet). Throws when Stripe could not be asked.
    func callAsFunction(_ customer: CustomerID?, named user: UserID?) async throws -> UserID? {
        guard let customer else { return user }
        if let linked = try await Customers.user(of: customer, in: pool) { return linked }
        if let user { return user }
        do {
            return try await stripe.customer(customer).value.userID
        } catch let error as StripeError where error.kind == .notFound {
            return nil
        }
    }
}
