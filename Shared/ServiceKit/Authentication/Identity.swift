package import Foundation
package import Models

/// Who sent a request, as an accepted token says.
package struct Identity: Sendable, Equatable {
    /// What the sender may do.
    package enum Role: Sendable, Equatable {
        /// A user of the product.
        case customer
        /// An admin whose token is fresh.
        case admin
        /// An admin whose token was issued too long ago to act as one; a customer otherwise.
        case staleAdmin
    }

    /// The `sub` claim.
    package let userID: UserID
    /// The `role` claim, judged by the age of the token.
    package let role: Role
    /// The `email` claim, where there is one.
    package let email: String?
    /// When the token ends.
    package let expiresAt: Date
    /// The token itself, to ask other services in the sender's name.
    package let token: BearerToken
}
