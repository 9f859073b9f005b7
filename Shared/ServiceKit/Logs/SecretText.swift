import Synchronization

/// Keeps secrets out of log lines: by the name of the key, and by the shape of the text.
///
/// A second net only. The first is that nobody logs them.
enum SecretText {
    static let mask = "[redacted]"

    /// Parts of names whose values are never written.
    private static let telling = [
        "password", "passwd", "secret", "token", "authorization", "cookie", "api_key", "apikey", "private_key", "credential", "jwt",
        "signature", "database_url", "amqp_url", "smtp_url",
    ]

    /// How secrets begin: Stripe's keys and webhook secrets, and the base64 of `{"`, with which every JWT begins.
    private static let openings = ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "eyJ"]

    /// What a name must hold beside a telling part to be harmless: a fact about the secret, not the secret.
    private static let harmless = ["token_type", "token_count"]

    /// What was found of names: there are few, and every line has them.
    private static let judged = Mutex<[String: Bool]>([:])
    /// Names that come from outside are not kept without end.
    private static let mostJudged = 1024

    /// Whether the value under this key is to be left out.
    static func isSecret(key: String) -> Bool {
        judged.withLock { judged in
            if let known = judged[key] { return known }
            let name = key.lowercased().replacing("-", with: "_")
            let isSecret = telling.contains { name.contains($0) } && !harmless.contains(name)
            if judged.count < mostJudged { judged[key] = isSecret }
            return isSecret
        }
    }

    /// `text` with whatever looks like a key, a token, or a password in an address replaced.
    static func masked(_ text: String) -> String {
        guard mayHoldSecret(text) else { return text }
        var result = text
        for opening in openings where result.contains(opening) { result = mask(in: result, wordsWith: opening) }
        return result.contains("://") && result.contains("@") ? maskPasswords(in: result) : result
    }

    /// Whether one look at the bytes finds something that secrets begin with: nearly no text has it.
    private static func mayHoldSecret(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            for place in utf8.indices.dropLast(2) {
                switch (utf8[place], utf8[place + 1], utf8[place + 2]) {
                case (UInt8(ascii: "s"), UInt8(ascii: "k"), UInt8(ascii: "_")), (UInt8(ascii: "r"), UInt8(ascii: "k"), UInt8(ascii: "_")),
                    (UInt8(ascii: "w"), UInt8(ascii: "h"), UInt8(ascii: "s")), (UInt8(ascii: "e"), UInt8(ascii: "y"), UInt8(ascii: "J")),
                    (UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "/")):
                    return true
                default: break
                }
            }
            return false
        }
    }

    private static func mask(in text: String, wordsWith opening: String) -> String {
        var result = ""
        var rest = text[...]
        while let found = rest.firstRange(of: opening) {
            result += rest[..<found.lowerBound] + mask
            rest = rest[found.upperBound...].drop { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }
        }
        return result + rest
    }

    /// `scheme://user:password@host` → `scheme://[redacted]@host`; the user part ends at the last @ before a slash or space.
    private static func maskPasswords(in text: String) -> String {
        var result = ""
        var rest = text[...]
        while let found = rest.firstRange(of: "://") {
            let tail = rest[found.upperBound...]
            let end = tail.firstIndex { $0 == "/" || $0.isWhitespace || $0 == "\"" } ?? tail.endIndex
            result += rest[..<found.upperBound]
            if let at = tail[..<end].lastIndex(of: "@") {
                result += mask
                rest = tail[at...]
            } else {
                rest = tail
            }
        }
        return result + rest
    }
}
