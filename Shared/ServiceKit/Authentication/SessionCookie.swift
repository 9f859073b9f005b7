import Crypto
import HTTPTypes

/// The cookie in which the dashboard keeps an admin's token, out of reach of scripts.
///
/// Its value is the token itself, so there is no session to store and the token's end is the session's. The CSRF token is derived from
/// it: only who was given both at login can send both, and every service can check it without asking another.
package struct SessionCookie: Sendable {
    /// The name of the cookie.
    package static let name = "payments_session"

    let token: String

    /// A session for a token that was accepted.
    package init(_ identity: Identity) {
        token = identity.token.text
    }

    /// The session in a request's cookies; nil when there is none, or more than one.
    init?(_ headers: HTTPFields) {
        let values = headers[values: .cookie].flatMap { $0.split(separator: ";") }.compactMap { pair -> String? in
            let halves = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return halves.count == 2 && halves[0] == Self.name ? String(halves[1]) : nil
        }
        guard values.count == 1, !values[0].isEmpty else { return nil }
        token = values[0]
    }

    /// What changing requests of this session send as `X-CSRF-Token`.
    package var csrfToken: String {
        Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Array("payments csrf 1".utf8), using: SymmetricKey(data: Array(token.utf8))))
    }

    /// The `Set-Cookie` value that begins the session and ends it after `seconds`: unreadable for scripts, never sent in the clear or
    /// from another site.
    package func setCookie(seconds: Int) -> String {
        "\(Self.name)=\(token); Path=/; Max-Age=\(max(0, seconds)); HttpOnly; Secure; SameSite=Strict"
    }

    /// The `Set-Cookie` value that ends any session.
    package static let clearCookie = "\(name)=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"

    /// Whether `given` is the CSRF token of this session; compared in constant time.
    func isProven(by given: String?) -> Bool {
        guard let given, let bytes = Base64URL.decode(given.utf8) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            bytes, authenticating: Array("payments csrf 1".utf8), using: SymmetricKey(data: Array(token.utf8)))
    }
}
