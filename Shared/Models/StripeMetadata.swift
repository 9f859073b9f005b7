/// What merchants write on Stripe's objects, as far as it may travel in messages.
///
/// Metadata is free text: at most 50 keys of 40 characters, values of 500 (Stripe's API reference, "Metadata"). Stripe asks merchants to keep
/// personal data out of it, and not all do: what holds an e-mail address or a card number stays behind.
package enum StripeMetadata {
    /// The entries that may be kept; nil where there is none. Whose the object is, is kept whatever users are called.
    package static func kept(_ entries: [String: String]) -> [String: String]? {
        let kept = entries.filter { key, value in
            !value.isEmpty && (key == "user_id" || !holdsAddress(value) && !holdsCardNumber(value))
        }
        return kept.isEmpty ? nil : kept
    }

    private static func holdsAddress(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "@")) && text.contains(/[^\s@]@[^\s@]+\.[^\s@]/)
    }

    /// 13 to 19 digits in a row, spaces and hyphens aside, whose last is the check digit of the others (ISO/IEC 7812).
    private static func holdsCardNumber(_ text: String) -> Bool {
        guard text.utf8.count >= 13 else { return false }
        var digits: [Int] = []
        for character in text + "." {
            if let digit = character.wholeNumberValue {
                digits.append(digit)
            } else if character != " " && character != "-" {
                if (13...19).contains(digits.count) && isChecked(digits) { return true }
                digits = []
            }
        }
        return false
    }

    private static func isChecked(_ digits: [Int]) -> Bool {
        let sum = digits.reversed().enumerated().reduce(0) { sum, entry in
            let value = entry.offset % 2 == 0 ? entry.element : entry.element * 2
            return sum + (value > 9 ? value - 9 : value)
        }
        return sum % 10 == 0
    }
}
