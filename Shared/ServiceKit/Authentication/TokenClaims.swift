/// The claims of a token, each of the type it must have.
struct TokenClaims {
    let subject: String
    let expiry: Int
    let notBefore: Int?
    let issuedAt: Int?
    let issuer: String?
    let audience: [String]
    let isAdmin: Bool
    let email: String?

    /// Claims that only an ID token has (OpenID Connect Core, 3.1.3.6 and 3.3.2.11): a proof of login for a page, not a right to call. `nonce` is
    /// none of them: Keycloak writes it into access tokens too.
    private static let ofIDTokens = ["at_hash", "c_hash"]

    /// Longer ones are nobody's id, and would be carried through every table.
    private static let longestSubject = 255

    /// Nil when a claim is missing that must be there, or one is of another type. Times are whole seconds: neither texts nor fractions.
    init?(_ payload: JSONValue) {
        guard let subject = payload["sub"]?.text, !subject.isEmpty, subject.utf8.count <= Self.longestSubject,
            subject.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }),
            let expiry = payload["exp"]?.wholeNumber,
            Self.isAbsent(payload["nbf"], or: { $0.wholeNumber != nil }), Self.isAbsent(payload["iat"], or: { $0.wholeNumber != nil }),
            Self.isAbsent(payload["iss"], or: { $0.text != nil }), Self.isAbsent(payload["role"], or: { $0.text != nil }),
            Self.isAbsent(payload["email"], or: { $0.text != nil }), let audience = Self.audience(payload["aud"]),
            Self.ofIDTokens.allSatisfy({ payload[$0] == nil })
        else { return nil }
        self.subject = subject
        self.expiry = expiry
        self.audience = audience
        notBefore = payload["nbf"]?.wholeNumber
        issuedAt = payload["iat"]?.wholeNumber
        issuer = payload["iss"]?.text
        isAdmin = payload["role"]?.text == "admin"
        email = payload["email"]?.text
    }

    private static func isAbsent(_ value: JSONValue?, or fits: (JSONValue) -> Bool) -> Bool {
        value.map(fits) ?? true
    }

    /// One text or a list of texts; an absent one is an empty list.
    private static func audience(_ value: JSONValue?) -> [String]? {
        switch value {
        case nil: []
        case .string(let one): [one]
        case .array(let several): several.count == several.compactMap(\.text).count ? several.compactMap(\.text) : nil
        default: nil
        }
    }
}
