package import Foundation

/// Decides whether a bearer token is accepted, and whom it names.
///
/// A token is a JWT signed by one of the configured keys (HS256, RS256, ES256 or EdDSA; the key decides which, never the token), with `sub`
/// and `exp`, and with the configured issuer and audience. Everything doubtful is refused in the same way; see `TokenForm` and
/// `TokenClaims` for what is doubtful.
package struct Authenticator: Sendable {
    private let keys: [VerificationKey]
    private let rules: TokenRules
    private let now: @Sendable () -> Date

    init(keys: [VerificationKey], rules: TokenRules, now: @escaping @Sendable () -> Date) {
        self.keys = keys
        self.rules = rules
        self.now = now
    }

    /// The authenticator that the settings describe: `AUTH_JWT_SECRET` or `AUTH_JWKS_FILE`, exactly one of them, and `AUTH_JWT_ISSUER`,
    /// `AUTH_JWT_AUDIENCE`, `AUTH_ADMIN_MAX_AGE_SECONDS`. What is wrong with them is left in `settings`.
    package init(settings: Settings, now: @escaping @Sendable () -> Date) {
        let rules = TokenRules(
            issuer: settings.optionalString("AUTH_JWT_ISSUER"), audience: settings.optionalString("AUTH_JWT_AUDIENCE"),
            adminMaximumAge: TimeInterval(settings.integer("AUTH_ADMIN_MAX_AGE_SECONDS", default: 900, in: 1...86_400)))
        self.init(keys: VerificationKey.all(in: settings), rules: rules, now: now)
    }

    /// The identity of a token; throws 401 when it is not accepted.
    ///
    /// The signature is checked before the claims, so that only issuers learn what we think of claims.
    package func identity(of token: String) async throws -> Identity {
        guard let form = TokenForm(token) else { throw APIError.unauthenticated }
        var isSigned = false
        for key in keys where key.mayVerify(form) {
            if await key.verifies(form) {
                isSigned = true
                break
            }
        }
        guard isSigned, let claims = TokenClaims(form.payload),
            let identity = rules.identity(from: claims, token: BearerToken(token), at: now())
        else { throw APIError.unauthenticated }
        return identity
    }

    /// Makes every key ready for use; throws when one cannot be used, which is better known at the start than at the first request.
    func prepare() async throws {
        for key in keys { _ = try await key.algorithm() }
    }
}
