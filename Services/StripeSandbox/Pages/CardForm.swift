/// What a page with a card form shows.
struct CardForm: Sendable {
    let title: String
    let amount: String
    let lines: [String]
    /// Where the form is sent.
    let action: String
    let button: String
    /// A link back; nil shows none.
    var cancel: String?
    /// Why the last try failed.
    var error: String?
    var asksEmail = false
    var asksCard = true
    var asksAccount = false
    /// Which account, and what one looks like.
    var accountLabel = ""
    var accountExample = ""
    /// What else it can be paid with: the value that is sent, and what people read.
    var wallets: [[String: String]] = []
    var asksCode = false
    var hasWallets = false
    var needsCard = true
    var email = ""
    var name = ""

    /// The page of an open session.
    init(_ session: CheckoutSession, in account: Account) {
        let total = Money(session.amountTotal, session.currency).description
        let isSubscription = session.mode == .subscription
        title = isSubscription ? "Subscribe" : "Pay"
        amount =
            session.isTrial ? "\(session.trialDays ?? 0) days free, then \(total) per month" : isSubscription ? "\(total) per month" : total
        lines = session.lines.compactMap { line in
            account.prices[line.price].flatMap { account.products[$0.product] }.map { "\(line.quantity) × \($0.name)" }
        }
        action = "/c/pay/\(session.id)"
        button = session.isTrial ? "Start trial" : isSubscription ? "Subscribe" : "Pay \(total)"
        cancel = session.cancelURL
        let customer = account.customers[session.customer]
        asksEmail = customer == nil && session.customerEmail == nil
        asksCard = session.paymentMethodTypes.contains("card")
        asksAccount = session.paymentMethodTypes.contains("sepa_debit") || session.paymentMethodTypes.contains("us_bank_account")
        (accountLabel, accountExample) =
            session.paymentMethodTypes.contains("sepa_debit")
            ? ("IBAN, for a SEPA debit", "AT61 1904 3002 3457 3201") : ("Bank account number, for an ACH debit", "000123456789")
        wallets = Self.wallets(session.paymentMethodTypes)
        hasWallets = !wallets.isEmpty
        asksCode = session.allowsPromotionCodes
        needsCard = !asksAccount && wallets.isEmpty && (!session.isTrial || session.collectsCardAlways)
        name = customer?.name ?? ""
    }

    private static func wallets(_ types: [String]) -> [[String: String]] {
        let ofCards = [("apple_pay", "Apple Pay"), ("google_pay", "Google Pay")]
        let all = (types.contains("card") ? ofCards : []) + TestWallet.all.filter { types.contains($0.type) }.map { ($0.type, $0.name) }
        return all.map { ["value": $0.0, "name": $0.1] }
    }

    /// The page of an open invoice.
    init(_ invoice: Invoice, in account: Account) {
        let total = Money(invoice.amountDue, invoice.currency).description
        title = "Invoice \(invoice.number ?? invoice.id)"
        amount = total
        lines = invoice.lines.map(\.description)
        action = "/i/\(invoice.id)"
        button = "Pay \(total)"
        name = invoice.customerName ?? ""
    }
}
