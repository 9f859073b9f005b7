import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Gives the customer at Stripe that a user pays as, and makes one where there is none: one, however many ask at once and whatever became of the
/// answers.
struct MakeCustomer: Sendable {
    let outbox: Outbox
    let stripe: StripeClient
    let installation: Installation

    /// Stripe forgets an idempotency key after 24 hours ("Idempotent requests"); one older than this is not trusted to be remembered.
    static let keyLifetime: TimeInterval = 23 * 3600
    /// What was made under a key was made after the key, by clocks that may differ by so much.
    static let clockDifference: TimeInterval = 300
    /// Each round ends in a customer or takes another key; a second burnt key in a row is Stripe's trouble, and told as such.
    private static let rounds = 2

    /// Throws `StripeError`; a key that turned out to be burnt has been replaced by then.
    func callAsFunction(for user: UserID) async throws -> CustomerID {
        var failure: StripeError?
        for _ in 0..<Self.rounds {
            if let known = try await Customers.first(of: user, in: outbox.pool) { return known }
            let creation = try await Customers.creation(for: user, in: outbox.pool)
            do {
                let id = try await made(creation, for: user)
                // Linked at once, not when its event comes: Stripe forgets the key after a day and would make a second customer.
                _ = try await outbox.transaction { work in try await Customers.link(id, to: user, in: work) }
                return id
            } catch let error as StripeError where error.isKeyBurnt {
                failure = error
                try await Customers.replaceKey(of: creation, in: outbox.pool)
            }
        }
        throw failure ?? StripeError(.api)
    }

    private func made(_ creation: CustomerCreation, for user: UserID) async throws -> CustomerID {
        let name = try await installation.names().own
        guard creation.keyMadeAt.timeIntervalSinceNow > -Self.keyLifetime else {
            if let found = try await find(creation, for: user, name) { return found }
            throw StripeError(.idempotency, message: "the key is older than Stripe's memory of it")
        }
        do {
            return try await stripe.createCustomer(userID: user, installation: name, idempotencyKey: creation.key).value.id
        } catch let error as StripeError where error.isKeyBurnt {
            guard let found = try await find(creation, for: user, name) else { throw error }
            return found
        }
    }

    /// The customer that was made though nobody was told.
    private func find(_ creation: CustomerCreation, for user: UserID, _ name: String) async throws -> CustomerID? {
        let since = creation.keyMadeAt.addingTimeInterval(-Self.clockDifference)
        return try await stripe.customers(since: since).value.first { $0.userID == user && $0.installation == name }?.id
    }
}
