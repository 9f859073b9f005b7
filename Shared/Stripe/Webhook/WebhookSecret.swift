import Crypto
import Foundation

/// The secret that Stripe signs webhooks with; does not show itself in text, logs or dumps.
package struct WebhookSecret: Sendable, Equatable {
    /// The whole text, as UTF-8, is the key.
    let key: SymmetricKey
    /// The first 8 hexadecimal digits of its SHA-256: enough to tell which of two secrets was meant, useless for anything else.
    package let fingerprint: String

    /// Takes a secret (`whsec_…`) as Stripe shows it, prefix included. Nil when it is empty: anyone can sign with an empty key.
    package init?(nonEmpty text: String) {
        guard !text.isEmpty else { return nil }
        let bytes = Array(text.utf8)
        key = SymmetricKey(data: bytes)
        fingerprint = Hex.encode(SHA256.hash(data: bytes).prefix(4))
    }

    /// Several secrets separated by commas, as while one is rolled, without the space around them; nil when any of them is empty.
    package static func parse(_ list: String) -> [WebhookSecret]? {
        var secrets: [WebhookSecret] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let secret = WebhookSecret(nonEmpty: part.trimmingCharacters(in: .whitespacesAndNewlines)) else { return nil }
            secrets.append(secret)
        }
        return secrets
    }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Its fingerprint.
    package var description: String { "whsec(\(fingerprint))" }
    /// Its fingerprint.
    package var debugDescription: String { description }
    /// No children, so that a dump shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
