/// A card number that the sandbox knows and how its charges end.
struct TestCard: Sendable, Equatable {
    let number: String
    var brand = "visa"
    var funding = "credit"
    /// Stripe's name of the ready-made payment method with this card, after `pm_card_`; several where it has several.
    var names: [String] = []
    /// Why a charge fails while the customer is there, on the hosted pages.
    var declineOnSession: Decline?
    /// Why a charge fails later, when Stripe charges the saved card.
    var declineOffSession: Decline?
    var authentication = Authentication.never
    var refunds = RefundCourse.immediate
    /// What the customer objects to a moment after a charge.
    var complaint: Complaint?
    /// What the bank's checks of the entered data say; `pass` where nothing is.
    var checks: [String: String] = [:]
    /// What holds the card: `apple_pay`, `google_pay`; nil for the card itself.
    var wallet: String?

    var last4: String { String(number.suffix(4)) }

    /// The same card has the same fingerprint wherever it is entered.
    var fingerprint: String { "Sandbox" + brand.prefix(1).uppercased() + number.suffix(8) }

    static let wallets = ["apple_pay", "google_pay"]

    /// The card of that number; blanks and dashes are allowed.
    ///
    /// - Throws: `APIError` 402 `incorrect_number` for any other number.
    static func find(_ number: String) throws(APIError) -> TestCard {
        let digits = number.filter { $0 != " " && $0 != "-" }
        guard let card = byNumber[digits] else {
            throw APIError(
                status: 402, type: "card_error",
                message: "Your card number is incorrect. This sandbox takes only its test cards.", code: "incorrect_number", param: "number"
            )
        }
        return card
    }

    private static let byNumber = Dictionary(all.map { ($0.number, $0) }) { first, _ in first }

    /// Stripe's ready-made test payment methods, by id.
    static let readyMade = Dictionary(all.flatMap { card in card.names.map { ("pm_card_" + $0, card) } }) { first, _ in first }

    /// The same cards by the names of Stripe's test tokens (`tok_visa`).
    static func token(_ name: String) -> TestCard? {
        name.hasPrefix("tok_") ? readyMade["pm_card_" + name.dropFirst(4)] : nil
    }
}

/// A card is stored as its number, and its wallet.
extension TestCard: Codable {
    init(from decoder: any Decoder) throws {
        let parts = try decoder.singleValueContainer().decode(String.self).split(separator: " ")
        self = try Self.find(String(parts.first ?? ""))
        wallet = parts.count > 1 ? String(parts[1]) : nil
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number + (wallet.map { " " + $0 } ?? ""))
    }
}

extension TestCard {
    /// A card that no charge succeeds with.
    init(number: String, names: [String], declined: Decline) {
        self.init(number: number, names: names, declineOnSession: declined, declineOffSession: declined)
    }

    /// Every test card expires in this month; the sandbox does not simulate expiry.
    static let expiry = (month: 12, year: 2034)
}
