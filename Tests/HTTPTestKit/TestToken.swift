import Foundation
import JWTKit

/// Bearer tokens as the product's site would issue them, for tests.
package enum TestToken {
    /// The secret that services under test are given as `AUTH_JWT_SECRET`.
    package static let secret = "a secret for tests that is long enough for HS256"

    private struct Claims: JWTPayload {
        var sub: String
        var exp: ExpirationClaim
        var iat: IssuedAtClaim
        var role: String?

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    /// A token of a customer, valid for an hour.
    package static func customer(_ user: String) async throws -> String { try await token(user, role: nil) }

    /// A token of an admin, valid for an hour.
    package static func admin(_ user: String = "admin_1") async throws -> String { try await token(user, role: "admin") }

    private static func token(_ user: String, role: String?) async throws -> String {
        let keys = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let claims = Claims(
            sub: user, exp: ExpirationClaim(value: now.addingTimeInterval(3600)), iat: IssuedAtClaim(value: now), role: role)
        return try await keys.sign(claims)
    }
}
