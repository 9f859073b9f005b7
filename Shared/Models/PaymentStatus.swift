/// How far one collection of money has come.
///
/// The cases form a lattice by `rank`: facts about a payment only ever move it up, so that events arriving in any order, any
/// number of times, end in the same status.
package enum PaymentStatus: String, Codable, Sendable, CaseIterable {
    case pending
    case failed
    case canceled
    case succeeded
    case refunded

    /// The higher of two wins. A failed attempt outranks `pending` (the attempt happened, whatever is heard later), a success
    /// outranks every failure (the intent ends there), and a refund can only follow a success.
    package var rank: Int {
        switch self {
        case .pending: 0
        case .failed: 1
        case .canceled: 2
        case .succeeded: 3
        case .refunded: 4
        }
    }

    /// The status after also hearing `other`: commutative, associative and idempotent.
    package func joined(_ other: PaymentStatus) -> PaymentStatus { rank >= other.rank ? self : other }
}
