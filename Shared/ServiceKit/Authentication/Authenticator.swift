package import Foundation
package import Logging

/// Decides whether a bearer token is accepted, and whom it names.
///
/// A token is a JWT signed by one of the configured keys (HS256, RS256, ES256 or EdDSA; the key decides which, never the token), with `sub`
/// and `exp`, and with the configured issuer and audience. Everything doubtful is refused in the same way; see `TokenForm` and
/// `TokenClaims` for what is doubtful.
package struct Authenticator: Sendable {
    private let ring: KeyRing
    private let rules: TokenRules
    private let now: @Sendable () -> Date

    init(keys: KeyRing, rules: TokenRules, now: @escaping @Sendable () -> Date) {
        ring = keys
        self.rules = rules
        self.now = now
    }

    /// The authenticator that the settings describe: `AUTH_JWT_SECRET` (several by commas while one is replaced) or `AUTH_JWKS_FILE` (read again
    /// when it changes), exactly one of them, and `AUTH_JWT_ISSUER`, `AUTH_JWT_AUDIENCE`, `AUTH_ADMIN_MAX_AGE_SECONDS`. What is wrong with them is
    /// left in `settings`.
    package init(settings: Settings, logger: Logger, now: @escaping @Sendable () -> Date) {
        let rules = TokenRules(
            issuer: settings.optionalString("AUTH_JWT_ISSUER"), audience: settings.optionalString("AUTH_JWT_AUDIENCE"),
            adminMaximumAge: TimeInterval(settings.integer("AUTH_ADMIN_MAX_AGE_SECONDS", default: 900, in: 1...86_400)))
        self.init(keys: VerificationKey.all(in: settings, logger: logger), rules: rules, now: now)
    }

    /// The identity of a token; throws 401 when it is not accepted.
    ///
    /// The signature is checked before the claims, so that only issuers learn what we think of claims.
    package func identity(of token: String) async throws -> Identity {
        do {
            return try await judge(token)
        } catch let refusal as TokenRefusal {
            refusal.count()
            throw APIError.unauthenticated
        }
    }

    /// The same, throwing why it is not accepted.
    func judge(_ token: String) async throws -> Identity {
        let (form, keys) = try candidates(token)
        for key in keys where await key.verifies(form) { return try identity(form, token) }
        throw TokenRefusal.signature
    }

    /// The identity of a token that is accepted without waiting for anything; nil where it is not, or a key has yet to be made ready: whoever asks
    /// again by `identity` is told.
    func known(_ token: String) -> Identity? {
        guard let (form, keys) = try? candidates(token), keys.contains(where: { $0.verifiesAtOnce(form) }) else { return nil }
        return try? identity(form, token)
    }

    /// A token taken apart, and the keys that it may have been signed with: one at least.
    private func candidates(_ token: String) throws(TokenRefusal) -> (TokenForm, [VerificationKey]) {
        guard let form = TokenForm(token) else { throw .malformed }
        let keys = ring.keys.filter { $0.mayVerify(form) }
        if keys.isEmpty { throw .unknownKey }
        return (form, keys)
    }

    private func identity(_ form: TokenForm, _ token: String) throws(TokenRefusal) -> Identity {
        guard let claims = TokenClaims(form.payload) else { throw .claims }
        return try rules.identity(from: claims, token: BearerToken(token), at: now())
    }

    /// Makes every key ready for use; throws when one cannot be used, which is better known at the start than at the first request.
    func prepare() async throws {
        for key in ring.keys { _ = try await key.algorithm() }
    }
}
