/// A token taken apart: the form of a signed JWT (RFC 7515, compact serialization) and nothing that could be read in two ways.
struct TokenForm {
    /// More than any issuer needs; a longer one costs time and is refused unread.
    static let longest = 8 * 1024

    let algorithm: String
    let keyID: String?
    let payload: JSONValue
    /// The bytes that were signed: header and payload as they came.
    let signed: [UInt8]
    let signature: [UInt8]

    /// Header fields that name a key of the token's own choosing, or demand something that is not understood here (RFC 7515, 4.1.11). `x5t`
    /// and `x5t#S256` only name the certificate of a key that is known already, as ADFS and Entra do beside `kid`: they are not looked at.
    private static let refused = ["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc", "cty"]

    /// The kinds of token that say so and are accepted (RFC 9068 for the second).
    private static let types = ["jwt", "at+jwt", "application/at+jwt"]

    /// Nil for anything doubtful.
    init?(_ token: String) {
        guard token.utf8.count <= Self.longest else { return nil }
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let payload = Self.object(parts[1]),
            let signature = Base64URL.decode(parts[2]), !signature.isEmpty,
            let algorithm = header["alg"]?.text, Self.refused.allSatisfy({ header[$0] == nil })
        else { return nil }
        if let type = header["typ"] {
            guard let name = type.text?.lowercased(), Self.types.contains(name) else { return nil }
        }
        if let keyID = header["kid"], keyID.text == nil { return nil }
        self.algorithm = algorithm
        keyID = header["kid"]?.text
        self.payload = payload
        signed = Array(token.utf8.prefix(parts[0].count + 1 + parts[1].count))
        self.signature = signature
    }

    private static func object(_ part: Substring.UTF8View) -> JSONValue? {
        guard let bytes = Base64URL.decode(part), let value = try? JSONParser.parse(bytes), case .object = value else { return nil }
        return value
    }
}
