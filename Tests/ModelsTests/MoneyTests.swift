import Models
import Testing

@Suite("An amount as people read it")
struct MoneyTests {
    /// Stripe's documentation, "Supported currencies": zero-decimal and three-decimal ones; ISK and UGX are written with two.
    @Test(
        "has as many decimals as its currency",
        arguments: [
            (1900, "usd", "19.00 USD"), (5, "eur", "0.05 EUR"), (0, "usd", "0.00 USD"), (-1234, "usd", "-12.34 USD"),
            (500, "jpy", "500 JPY"),
            (5001, "kwd", "5.001 KWD"), (7, "bhd", "0.007 BHD"), (10000, "isk", "100.00 ISK"), (10000, "ugx", "100.00 UGX"),
            (Int64.min, "usd", "-92233720368547758.08 USD"),
        ] as [(Int64, String, String)])
    func text(amount: Int64, currency: String, expected: String) {
        #expect("\(Money(amount, currency))" == expected)
    }
}
