/// What a payment is taken from.
enum Instrument: Sendable, Equatable, Codable {
    case card(TestCard)
    case bankAccount(TestBankAccount)

    /// Nil for a bank account.
    var testCard: TestCard? {
        if case .card(let card) = self { card } else { nil }
    }

    /// Nil for a card.
    var testAccount: TestBankAccount? {
        if case .bankAccount(let account) = self { account } else { nil }
    }

    /// Stripe's name for this type of payment method.
    var type: String { testCard == nil ? "sepa_debit" : "card" }
    var complaint: Complaint? { testCard?.complaint ?? testAccount?.complaint }

    /// What was entered; nil when nothing was.
    ///
    /// - Throws: `APIError` when it is none of the sandbox's cards and accounts.
    init?(card: String?, iban: String?) throws(APIError) {
        if let card {
            self = .card(try TestCard.find(card))
        } else if let iban {
            self = .bankAccount(try TestBankAccount.find(iban))
        } else {
            return nil
        }
    }
}
