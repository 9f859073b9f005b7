import Foundation

/// The place in a list where the next page begins: the sort key of the last item shown, opaque to callers.
///
/// Not a secret and not proof of anything: whatever it holds is used as a bound value in a query that is limited to the caller's rows.
package struct PageCursor: Sendable, Equatable {
    /// The parts of the sort key, such as a time and an id.
    package let parts: [String]

    /// The unit separator cannot occur in the parts of a key.
    private static let separator = "\u{1F}"

    /// A cursor behind the item with this sort key.
    package init(_ parts: String...) {
        self.parts = parts
    }

    /// Reads what `encoded` gave; nil for anything else, also for what is longer than 512 characters or was altered by hand.
    package init?(encoded: String) {
        guard encoded.utf8.count <= 512, let bytes = Base64URL.decode(encoded.utf8), let text = String(validating: bytes, as: UTF8.self),
            text.hasPrefix("1" + Self.separator), !text.contains("\0")
        else { return nil }
        parts = text.components(separatedBy: Self.separator).dropFirst().map { $0 }
    }

    /// The text for `next_cursor`; safe in an address.
    package var encoded: String {
        Base64URL.encode((["1"] + parts).joined(separator: Self.separator).utf8)
    }
}
