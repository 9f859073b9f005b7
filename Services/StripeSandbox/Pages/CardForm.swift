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
    var asksIBAN = false
    var asksCode = false
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
        asksIBAN = session.paymentMethodTypes.contains("sepa_debit")
        asksCode = session.allowsPromotionCodes
        needsCard = !asksIBAN && (!session.isTrial || session.collectsCardAlways)
        name = customer?.name ?? ""
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
