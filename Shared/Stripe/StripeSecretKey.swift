/// A secret API key that does not show itself in text, logs or dumps.
package struct StripeSecretKey: Sendable, Hashable {
    /// The key itself, for the `Authorization` header alone.
    let text: String

    /// Takes a secret (`sk_`) or restricted (`rk_`) key of either mode; nil for anything else, such as a publishable key, and for
    /// characters that have no place in a header.
    package init?(_ text: String) {
        let prefixes = ["sk_live_", "rk_live_", "sk_test_", "rk_test_"]
        guard prefixes.contains(where: { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self.text = text
    }

    /// Whether it moves real money.
    package var livemode: Bool { text.dropFirst(3).hasPrefix("live_") }
}

extension StripeSecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The prefix only.
    package var description: String { "\(text.prefix(8))…" }
    /// The prefix only.
    package var debugDescription: String { description }
    /// No children, so that a dump shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
