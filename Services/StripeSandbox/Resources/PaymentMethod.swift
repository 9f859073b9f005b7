/// A card or bank account, usually saved to a customer.
struct PaymentMethod: Sendable, Codable {
    let id: String
    let created: Int
    var customer: String?
    let instrument: Instrument
    var billing: BillingDetails
    var metadata: [String: String] = [:]
    /// Its holder has agreed to later charges, having proved who they are where the bank asked.
    var isSetUp = false

    /// Whether the holder has to prove who they are before a charge that they are there for.
    var needsChallenge: Bool { instrument.testCard.map { $0.authentication != .never } ?? false }

    /// Why a charge fails; nil when it succeeds. A customer who is there has proved who they are.
    func decline(onSession: Bool) -> Decline? {
        guard let card = instrument.testCard else { return instrument.testAccount?.failure }
        if onSession { return card.declineOnSession }
        switch card.authentication {
        case .always: return .authenticationRequired
        case .unlessSetUp where !isSetUp: return .authenticationRequired
        case .unlessSetUp, .never: return card.declineOffSession
        }
    }
}

/// Who the card belongs to, as entered on a hosted page.
struct BillingDetails: Sendable, Equatable, Codable {
    var email: String?
    var name: String?
    var country: String? = "US"
    var postalCode: String?
}
