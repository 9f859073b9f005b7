import Metrics

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
