/// A way to pay that is a type of its own, without a number to enter.
struct TestWallet: Sendable, Equatable {
    /// Stripe's name of the type.
    let type: String
    /// Where people read it.
    let name: String
    /// Stripe tries again by itself when a later charge has failed.
    var isRetried = true
    /// Charges made later, while the customer is not there, are declined.
    var failsLater = false

    static let all = [
        TestWallet(type: "link", name: "Link"), TestWallet(type: "cashapp", name: "Cash App Pay", isRetried: false),
        TestWallet(type: "amazon_pay", name: "Amazon Pay", isRetried: false),
    ]

    /// Why a later charge fails; nil when it succeeds.
    var failure: Decline? { failsLater ? .generic : nil }

    /// The wallet of that type; with `_fails` after it, one whose later charges are declined.
    ///
    /// - Throws: `APIError` 400 for any other.
    static func find(_ name: String) throws(APIError) -> TestWallet {
        let fails = name.hasSuffix(Self.failing)
        let type = fails ? String(name.dropLast(Self.failing.count)) : name
        guard var wallet = all.first(where: { $0.type == type }) else {
            throw .invalidRequest("The sandbox has no wallet `\(name)`.", param: "wallet")
        }
        wallet.failsLater = fails
        return wallet
    }

    private static let failing = "_fails"
}

/// A wallet is stored as its name.
extension TestWallet: Codable {
    init(from decoder: any Decoder) throws { self = try Self.find(try decoder.singleValueContainer().decode(String.self)) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(type + (failsLater ? Self.failing : ""))
    }
}
