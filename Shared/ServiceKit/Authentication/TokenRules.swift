import Foundation
import Metrics
import Models

/// What must be true of the claims of a signed token now.
struct TokenRules: Sendable {
    /// Clocks of issuers may be wrong by this much.
    static let leeway: TimeInterval = 60

    let issuer: String?
    let audience: String?
    /// An admin's rights can be taken away; an older token may not know that yet.
    let adminMaximumAge: TimeInterval

    /// The identity that the claims give at `now`; throws when they do not hold.
    func identity(from claims: TokenClaims, token: BearerToken, at now: Date) throws(TokenRefusal) -> Identity {
        let time = now.timeIntervalSince1970
        guard time < TimeInterval(claims.expiry) + Self.leeway else { throw .expired }
        if let notBefore = claims.notBefore, time + Self.leeway < TimeInterval(notBefore) { throw .notYetValid }
        if let issuedAt = claims.issuedAt, time + Self.leeway < TimeInterval(issuedAt) { throw .notYetValid }
        if let issuer, claims.issuer != issuer { throw .issuer }
        if let audience, !claims.audience.contains(audience) { throw .audience }
        return Identity(
            userID: UserID(claims.subject), role: role(of: claims, at: time), email: claims.email,
            expiresAt: Date(timeIntervalSince1970: TimeInterval(claims.expiry)), token: token)
    }

    /// An admin's token without `iat` has no known age, so it is too old.
    private func role(of claims: TokenClaims, at time: TimeInterval) -> Identity.Role {
        guard claims.isAdmin else { return .customer }
        guard let issuedAt = claims.issuedAt else { return .staleAdmin }
        return time - TimeInterval(issuedAt) <= adminMaximumAge ? .admin : .staleAdmin
    }
}

/// Why a token was not accepted: for operators alone, callers all get the same 401.
enum TokenRefusal: String, Error, CaseIterable {
    /// There is no token, or it is not where it belongs.
    case missing
    /// It is no signed JWT, or one that could be read in two ways.
    case malformed
    /// No key is configured that may verify it.
    case unknownKey = "unknown_key"
    /// The signature is another key's, or nobody's.
    case signature
    /// A claim is missing or of a wrong type.
    case claims
    case expired
    /// By `nbf` or `iat`.
    case notYetValid = "not_yet_valid"
    case issuer
    case audience

    func count() {
        Counter(label: "auth_refusals_total", dimensions: [("reason", rawValue)]).increment()
    }
}
