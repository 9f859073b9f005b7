/// Makes ids that look like Stripe's: the prefix, then random letters and digits of the usual length.
enum Identifier {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    static func customer() -> String { "cus_" + random(14) }
    static func product() -> String { "prod_" + random(14) }
    static func subscriptionItem() -> String { "si_" + random(14) }
    static func request() -> String { "req_" + random(14) }
    static func session() -> String { "cs_test_a1" + random(56) }
    static func secret(of id: String) -> String { "\(id)_secret_\(random(25))" }

    /// An object of the payments and billing APIs: `1` or `3` and 23 characters after the prefix.
    static func object(_ prefix: String) -> String {
        let generation = ["pi_", "ch_", "txn_", "re_"].contains(prefix) ? "3" : "1"
        return prefix + generation + random(23)
    }

    /// Random digits; the first is not zero.
    static func digits(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).map { alphabet[Int.random(in: ($0 == 0 ? 1 : 0)..<10, using: &generator)] })
    }

    /// Random letters and digits.
    static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }
}
