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

    /// The same, once it is saved: some banks ask no more when the holder has agreed to later charges.
    var needsNewChallenge: Bool { needsChallenge && !(isSetUp && instrument.asksOnlyOnce) }

    /// A try with it goes through while its holder is there; what a bank says of a debit days later is another matter.
    var isAccepted: Bool { instrument.isDelayed || decline(onSession: true) == nil }

    /// Why a charge fails; nil when it succeeds. A customer who is there has proved who they are.
    func decline(onSession: Bool) -> Decline? {
        switch instrument {
        case .bankAccount(let account): return account.failure
        case .wallet(let wallet): return onSession ? nil : wallet.failure
        case .card(let card):
            if onSession { return card.declineOnSession }
            switch card.authentication {
            case .always: return .authenticationRequired
            case .unlessSetUp where !isSetUp: return .authenticationRequired
            case .unlessSetUp, .onSession, .never: return card.declineOffSession
            }
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
