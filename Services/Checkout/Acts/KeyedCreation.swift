import Foundation
import Stripe

/// A creation at Stripe under an idempotency key, of which something may have come though nobody was told.
enum KeyedCreation {
    /// What was made under a key was made after the key; Stripe's clock is known to the second, and a request may take a while.
    private static let leeway: TimeInterval = 300

    /// What `make` gives under a key that was made then, by Stripe's clock. Where the key is of no more use, what `find` finds among all that was
    /// made since; nil where there is nothing, and another key is to be taken. Throws whatever else goes wrong.
    static func run<Made>(
        keyMadeAt: Date, _ stripe: StripeClient, make: () async throws -> Made, find: (_ since: Date) async throws -> Made?
    ) async throws -> Made? {
        if IdempotencyKeyLife.isTrusted(madeAt: keyMadeAt, at: stripe.time) {
            do {
                return try await make()
            } catch let error as StripeError where error.isKeyBurnt {
                // What became of it is seen below.
            }
        }
        return try await find(keyMadeAt.addingTimeInterval(-leeway))
    }
}
