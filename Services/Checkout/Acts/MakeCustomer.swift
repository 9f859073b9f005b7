import Messaging
import Models
import Stripe

/// Makes the customer at Stripe that a user pays as: one, however many ask at once and whatever became of the answers.
struct MakeCustomer: Sendable {
    let outbox: Outbox
    let stripe: StripeClient
    let installation: Installation

    /// Each round ends in a customer or takes another key; a second burnt key in a row is Stripe's trouble, and told as such.
    private static let rounds = 2

    /// Throws `StripeError`; a key that turned out to be burnt has been replaced by then.
    func callAsFunction(for user: UserID) async throws -> CustomerID {
        for _ in 0..<Self.rounds {
            let creation = try await Customers.creation(for: user, at: stripe.time, in: outbox.pool)
            if let made = try await made(creation, for: user) {
                // Linked at once, not when its event comes: Stripe forgets the key after a day and would make a second customer.
                _ = try await outbox.transaction { work in try await Customers.link(made, to: user, in: work) }
                return made
            }
            try await Customers.replaceKey(of: creation, at: stripe.time, in: outbox.pool)
            // Somebody else may have found what was not to be seen here.
            if let known = try await Customers.first(of: user, in: outbox.pool) { return known }
        }
        throw StripeError(.api, message: "\(Self.rounds) keys in a row burnt, and no customer was made")
    }

    private func made(_ creation: CustomerCreation, for user: UserID) async throws -> CustomerID? {
        let name = try await installation.names().own
        return try await KeyedCreation.run(keyMadeAt: creation.keyMadeAt, stripe) {
            try await stripe.createCustomer(userID: user, installation: name, idempotencyKey: creation.key).value.id
        } find: { since in
            try await stripe.customers(since: since).value.first { $0.userID == user && $0.installation == name }?.id
        }
    }
}
