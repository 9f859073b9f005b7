/// What a payment is taken from.
enum Instrument: Sendable, Equatable, Codable {
    case card(TestCard)
    case bankAccount(TestBankAccount)
    case wallet(TestWallet)

    /// Every type that the sandbox takes, by Stripe's name.
    static let types = ["card", "sepa_debit", "us_bank_account"] + TestWallet.all.map(\.type)
    static let typeList = "\(types.dropLast().joined(separator: ", ")) and \(types.last ?? "")"

    /// Nil where it is no card.
    var testCard: TestCard? {
        if case .card(let card) = self { card } else { nil }
    }

    /// Nil where it is no bank account.
    var testAccount: TestBankAccount? {
        if case .bankAccount(let account) = self { account } else { nil }
    }

    /// Stripe's name for this type of payment method.
    var type: String {
        switch self {
        case .card: "card"
        case .bankAccount(let account): account.type
        case .wallet(let wallet): wallet.type
        }
    }

    /// A bank decides some time after the charge was made.
    var isDelayed: Bool { testAccount != nil }

    /// Stripe tries again by itself when a renewal has failed: not with Cash App Pay and Amazon Pay, and with a debit only where there was
    /// too little money (docs "Automate payment retries").
    var isRetried: Bool {
        switch self {
        case .card: true
        case .bankAccount(let account): account.failure == .accountFunds
        case .wallet(let wallet): wallet.isRetried
        }
    }

    /// The bank asks no more once the holder has agreed to later charges.
    var asksOnlyOnce: Bool { testCard?.authentication == .unlessSetUp }
    var complaint: Complaint? { testCard?.complaint ?? testAccount?.complaint }

    /// What was entered; nil when nothing was.
    ///
    /// - Throws: `APIError` when it is none of the sandbox's cards, accounts and wallets.
    init?(card: String?, account: String?, wallet: String? = nil) throws(APIError) {
        if let card {
            self = .card(try TestCard.find(card))
        } else if let account {
            self = .bankAccount(try TestBankAccount.find(account))
        } else if let wallet {
            try self.init(wallet: wallet)
        } else {
            return nil
        }
    }

    /// A wallet by name: one that holds a card, or one that is a type of its own.
    private init(wallet name: String) throws(APIError) {
        if TestCard.wallets.contains(name) {
            var card = try TestCard.find("4242424242424242")
            card.wallet = name
            self = .card(card)
        } else {
            self = .wallet(try TestWallet.find(name))
        }
    }
}
