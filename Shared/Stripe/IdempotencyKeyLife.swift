package import struct Foundation.Date

/// For how long Stripe remembers what was asked under an idempotency key.
package enum IdempotencyKeyLife {
    /// Stripe forgets a key after 24 hours at the earliest (API reference, "Idempotent requests"); one older than this is not trusted to be
    /// remembered. When it was made and how late it is now are both told by Stripe's clock (`StripeClient.time`): a database whose clock is
    /// wrong would make every key too old, or an old one young.
    private static let trusted: Double = 23 * 3600

    /// Whether what is asked under a key made then is surely known to have been asked before.
    package static func isTrusted(madeAt time: Date, at now: Date) -> Bool { now.timeIntervalSince(time) < trusted }
}
