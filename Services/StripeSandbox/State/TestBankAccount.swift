/// An IBAN that the sandbox knows and how debits from it end.
struct TestBankAccount: Sendable, Equatable {
    let iban: String
    /// Why a debit fails; nil when it succeeds.
    var failure: Decline?
    /// The bank takes at least three minutes.
    var isDelayed = false
    /// What the customer objects to a moment after a debit.
    var complaint: Complaint?

    var country: String { String(iban.prefix(2)) }
    var last4: String { String(iban.suffix(4)) }
    /// Eight digits in Germany, five in Austria.
    var bankCode: String { String(iban.dropFirst(4).prefix(country == "DE" ? 8 : 5)) }
    /// The same account has the same fingerprint wherever it is entered.
    var fingerprint: String { "Sandbox\(country)\(iban.suffix(7))" }

    /// Stripe's documented test IBANs of Austria and Germany (docs "Accept a SEPA Direct Debit payment").
    static let all = [
        TestBankAccount(iban: "AT611904300234573201"),
        TestBankAccount(iban: "AT321904300235473204", isDelayed: true),
        TestBankAccount(iban: "AT861904300235473202", failure: .debitFailed),
        TestBankAccount(iban: "AT051904300235473205", failure: .debitFailed, isDelayed: true),
        TestBankAccount(iban: "AT591904300235473203", complaint: .debitNotAuthorized),
        TestBankAccount(iban: "AT981904300000343434", failure: .sourceLimit),
        TestBankAccount(iban: "AT601904300000121212", failure: .weeklyLimit),
        TestBankAccount(iban: "AT981904300002222227", failure: .accountFunds),
        TestBankAccount(iban: "DE89370400440532013000"),
        TestBankAccount(iban: "DE08370400440532013003", isDelayed: true),
        TestBankAccount(iban: "DE62370400440532013001", failure: .debitFailed),
        TestBankAccount(iban: "DE78370400440532013004", failure: .debitFailed, isDelayed: true),
        TestBankAccount(iban: "DE35370400440532013002", complaint: .debitNotAuthorized),
        TestBankAccount(iban: "DE65370400440000343434", failure: .sourceLimit),
        TestBankAccount(iban: "DE27370400440000121212", failure: .weeklyLimit),
        TestBankAccount(iban: "DE65370400440002222227", failure: .accountFunds),
    ]

    /// The account of that IBAN; blanks are allowed.
    ///
    /// - Throws: `APIError` 400 `invalid_bank_account_iban` for any other.
    static func find(_ iban: String) throws(APIError) -> TestBankAccount {
        let plain = iban.filter { $0 != " " }.uppercased()
        guard let account = all.first(where: { $0.iban == plain }) else {
            throw .invalidRequest(
                "The IBAN you provided is invalid. This sandbox takes only its test IBANs.", code: "invalid_bank_account_iban",
                param: "iban")
        }
        return account
    }
}

/// An account is stored as its IBAN.
extension TestBankAccount: Codable {
    init(from decoder: any Decoder) throws { self = try Self.find(try decoder.singleValueContainer().decode(String.self)) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(iban)
    }
}
