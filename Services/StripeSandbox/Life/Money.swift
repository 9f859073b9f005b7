/// An amount as people read it: `$19.00`, `€19.00`, `19.00 CHF`.
struct Money: CustomStringConvertible, Sendable {
    private let amount: Int
    private let currency: String

    /// `amount` in minor units of `currency`, a lower-case ISO code.
    init(_ amount: Int, _ currency: String) {
        self.amount = amount
        self.currency = currency
    }

    var description: String {
        // Stripe's zero-decimal currencies that a plan is likely to be sold in (docs "Supported currencies").
        let isWhole = ["jpy", "krw", "clp", "vnd"].contains(currency)
        let sign = amount < 0 ? "-" : ""
        let size = abs(amount)
        let cents = String(size % 100)
        let digits = isWhole ? String(size) : "\(size / 100).\(cents.count == 1 ? "0" + cents : cents)"
        return switch currency {
        case "usd": sign + "$" + digits
        case "eur": sign + "€" + digits
        case "gbp": sign + "£" + digits
        default: sign + digits + " " + currency.uppercased()
        }
    }
}
