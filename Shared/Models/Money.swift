/// An amount as people read it: `19.00 USD`.
package struct Money: Sendable, Hashable, CustomStringConvertible {
    /// Minor units.
    package var amount: Int64
    /// Lower-case ISO code.
    package var currency: String

    package init(_ amount: Int64, _ currency: String) {
        self.amount = amount
        self.currency = currency
    }

    /// Stripe's documentation, "Supported currencies": those without a minor unit, and those with a thousandth. ISK and UGX have none, and
    /// Stripe writes them with two decimals all the same.
    private static let decimals: [String: Int] = Dictionary(
        uniqueKeysWithValues: [
            "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
        ].map { ($0, 0) } + ["bhd", "jod", "kwd", "omr", "tnd"].map { ($0, 3) })

    /// The amount with as many decimals as its currency has, and the code.
    package var description: String { "\(decimal) \(currency.uppercased())" }

    /// The amount with as many decimals as its currency has: `19.00`.
    package var decimal: String {
        let digits = Self.decimals[currency] ?? 2
        guard digits > 0 else { return "\(amount)" }
        let text = String(amount.magnitude)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(amount < 0 ? "-" : "")\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
