/// A token that gives whoever holds it the rights of its user; no description, dump or log line shows it.
package struct BearerToken: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token as it goes into an `Authorization` field behind `Bearer `.
    package let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Never the token.
    package var description: String { SecretText.mask }
    /// Never the token.
    package var debugDescription: String { SecretText.mask }
    /// Nothing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    /// The token in an `Authorization` field; nil where it has none.
    static func text(_ authorization: String) -> String? {
        let words = authorization.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }
}
