/// A card number that the sandbox knows and how its charges end.
struct TestCard: Sendable, Equatable {
    let number: String
    var brand = "visa"
    /// Why a charge fails while the customer is there, on the hosted pages.
    var declineOnSession: Decline?
    /// Why a charge fails later, when Stripe charges the saved card.
    var declineOffSession: Decline?
    var authentication = Authentication.never
    var refunds = RefundCourse.immediate
    /// What the customer objects to a moment after a charge.
    var complaint: Complaint?

    var last4: String { String(number.suffix(4)) }

    /// The same card has the same fingerprint wherever it is entered.
    var fingerprint: String { "Sandbox" + brand.prefix(1).uppercased() + number.suffix(8) }

    /// Every known card: Stripe's documented test numbers (docs "Testing").
    static let all = [
        TestCard(number: "4242424242424242"),
        TestCard(number: "5555555555554444", brand: "mastercard"),
        TestCard(number: "4000000000000002", declined: .generic),
        TestCard(number: "4000000000009995", declined: .insufficientFunds),
        TestCard(number: "4000000000009987", declined: .lostCard),
        TestCard(number: "4000000000009979", declined: .stolenCard),
        TestCard(number: "4000000000000069", declined: .expiredCard),
        TestCard(number: "4000000000000127", declined: .incorrectCVC),
        TestCard(number: "4000000000000119", declined: .processingError),
        TestCard(number: "4000000000006975", declined: .velocityExceeded),
        TestCard(number: "4000002500003155", authentication: .unlessSetUp),
        TestCard(number: "4000002760003184", authentication: .always),
        TestCard(number: "4000000000000341", declineOffSession: .generic),
        TestCard(number: "4000000000007726", refunds: .succeedsLater),
        TestCard(number: "4000000000005126", refunds: .failsLater),
        TestCard(number: "4000000000000259", complaint: .fraudulent),
        TestCard(number: "4000000000002685", complaint: .notReceived),
        TestCard(number: "4000000000001976", complaint: .inquiry),
    ]

    /// Stripe's ready-made test payment methods, by id.
    static let paymentMethods = [
        "pm_card_visa": "4242424242424242", "pm_card_mastercard": "5555555555554444", "pm_card_chargeDeclined": "4000000000000002",
        "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995", "pm_card_chargeCustomerFail": "4000000000000341",
        "pm_card_chargeDeclinedExpiredCard": "4000000000000069", "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
        "pm_card_chargeDeclinedProcessingError": "4000000000000119", "pm_card_authenticationRequiredOnSetup": "4000002500003155",
        "pm_card_authenticationRequired": "4000002760003184",
        "pm_card_createDispute": "4000000000000259", "pm_card_createDisputeProductNotReceived": "4000000000002685",
        "pm_card_createDisputeInquiry": "4000000000001976",
    ]

    /// The card of that number; blanks and dashes are allowed.
    ///
    /// - Throws: `APIError` 402 `incorrect_number` for any other number.
    static func find(_ number: String) throws(APIError) -> TestCard {
        let digits = number.filter { $0 != " " && $0 != "-" }
        guard let card = all.first(where: { $0.number == digits }) else {
            throw APIError(
                status: 402, type: "card_error",
                message: "Your card number is incorrect. This sandbox takes only its test cards.", code: "incorrect_number", param: "number"
            )
        }
        return card
    }
}

/// A card is stored as its number.
extension TestCard: Codable {
    init(from decoder: any Decoder) throws { self = try Self.find(try decoder.singleValueContainer().decode(String.self)) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

extension TestCard {
    /// A card that no charge succeeds with.
    fileprivate init(number: String, declined: Decline) {
        self.init(number: number, declineOnSession: declined, declineOffSession: declined)
    }

    /// Every test card expires in this month; the sandbox does not simulate expiry.
    static let expiry = (month: 12, year: 2034)
}
