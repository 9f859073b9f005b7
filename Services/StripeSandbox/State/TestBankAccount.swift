/// An IBAN, or the number of an account in the United States, that the sandbox knows, and how debits from it end.
struct TestBankAccount: Sendable, Equatable {
    /// How fast a bank is.
    enum Pace: Sendable, Equatable {
        case moment
        /// At least three minutes.
        case minutes
        /// It never decides.
        case never
    }

    let number: String
    /// Why a debit fails; nil when it succeeds.
    var failure: Decline?
    var pace = Pace.moment
    /// What the customer objects to a moment after a debit.
    var complaint: Complaint?
    /// Stripe's name of the ready-made payment method with this account, after `pm_usBankAccount_`.
    var name: String?

    var country: String { isAmerican ? "US" : String(number.prefix(2)) }
    var isAmerican: Bool { number.first?.isNumber == true }
    /// Stripe's name for this type of payment method.
    var type: String { isAmerican ? "us_bank_account" : "sepa_debit" }
    var last4: String { String(number.suffix(4)) }
    /// Eight digits in Germany, five in Austria.
    var bankCode: String { String(number.dropFirst(4).prefix(country == "DE" ? 8 : 5)) }
    /// The same account has the same fingerprint wherever it is entered.
    var fingerprint: String { "Sandbox\(country)\(number.suffix(7))" }

    /// The routing number of all American test accounts.
    static let routingNumber = "110000000"

    static let all = european + american

    /// Stripe's documented test accounts (docs "Accept an ACH Direct Debit payment").
    private static let american = [
        TestBankAccount(number: "000123456789", name: "success"),
        TestBankAccount(number: "000111111113", failure: .accountClosed, name: "accountClosed"),
        TestBankAccount(number: "000111111116", failure: .noAccount, name: "noAccount"),
        TestBankAccount(number: "000222222227", failure: .accountFunds, name: "insufficientFunds"),
        TestBankAccount(number: "000333333335", failure: .notAuthorized, name: "debitNotAuthorized"),
        TestBankAccount(number: "000555555559", complaint: .debitNotAuthorized, name: "dispute"),
        TestBankAccount(number: "000777777771", failure: .weeklyLimit, name: "weeklyLimitExceeded"),
        TestBankAccount(number: "000000000009", pace: .never, name: "processing"),
    ]

    /// Stripe's ready-made test payment methods, by id.
    static let readyMade = Dictionary(
        uniqueKeysWithValues: all.compactMap { account in account.name.map { ("pm_usBankAccount_" + $0, account) } })

    /// Stripe's documented test IBANs of Austria and Germany (docs "Accept a SEPA Direct Debit payment").
    private static let european = [
        TestBankAccount(number: "AT611904300234573201"),
        TestBankAccount(number: "AT321904300235473204", pace: .minutes),
        TestBankAccount(number: "AT861904300235473202", failure: .debitFailed),
        TestBankAccount(number: "AT051904300235473205", failure: .debitFailed, pace: .minutes),
        TestBankAccount(number: "AT591904300235473203", complaint: .debitNotAuthorized),
        TestBankAccount(number: "AT981904300000343434", failure: .sourceLimit),
        TestBankAccount(number: "AT601904300000121212", failure: .weeklyLimit),
        TestBankAccount(number: "AT981904300002222227", failure: .accountFunds),
        TestBankAccount(number: "DE89370400440532013000"),
        TestBankAccount(number: "DE08370400440532013003", pace: .minutes),
        TestBankAccount(number: "DE62370400440532013001", failure: .debitFailed),
        TestBankAccount(number: "DE78370400440532013004", failure: .debitFailed, pace: .minutes),
        TestBankAccount(number: "DE35370400440532013002", complaint: .debitNotAuthorized),
        TestBankAccount(number: "DE65370400440000343434", failure: .sourceLimit),
        TestBankAccount(number: "DE27370400440000121212", failure: .weeklyLimit),
        TestBankAccount(number: "DE65370400440002222227", failure: .accountFunds),
    ]

    /// The account of that IBAN or number; blanks are allowed.
    ///
    /// - Throws: `APIError` 400 for any other.
    static func find(_ given: String) throws(APIError) -> TestBankAccount {
        let plain = given.filter { $0 != " " }.uppercased()
        guard let account = all.first(where: { $0.number == plain }) else {
            if plain.first?.isNumber == true {
                throw .invalidRequest(
                    "You must use a test bank account number in test mode.", code: "account_number_invalid", param: "account_number")
            }
            throw .invalidRequest(
                "The IBAN you provided is invalid. This sandbox takes only its test IBANs.", code: "invalid_bank_account_iban",
                param: "iban")
        }
        return account
    }
}

/// An account is stored as its number.
extension TestBankAccount: Codable {
    init(from decoder: any Decoder) throws { self = try Self.find(try decoder.singleValueContainer().decode(String.self)) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}
