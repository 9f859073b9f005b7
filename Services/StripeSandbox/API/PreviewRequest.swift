/// What `POST /v1/invoices/create_preview` asks for: the invoice that a subscription's next period, a change of it, its end or its
/// beginning would bring. The same code as makes those invoices makes this one.
struct PreviewRequest {
    let invoice: Invoice

    init(_ parameters: inout Parameters, in account: Account) throws(APIError) {
        let customer = try parameters.text("customer")
        if let customer { _ = try account.liveCustomer(named: customer, param: "customer") }
        let id = try parameters.text("subscription")
        var details = try parameters.group("subscription_details")
        try parameters.finish()
        var account = account
        var invoice: Invoice
        if let id {
            let subscription = try account.subscriptions.named(id, param: "subscription")
            if let customer, subscription.customer != customer {
                throw .invalidRequest("The subscription \(id) is not \(customer)'s.", param: "subscription")
            }
            guard !subscription.hasEnded else {
                throw .invalidRequest("No upcoming invoices for customer: \(subscription.customer)", code: "invoice_upcoming_none")
            }
            invoice = try Self.change(&details, of: subscription, in: &account)
        } else {
            guard let customer else { throw .missing("customer") }
            invoice = try Self.beginning(&details, of: customer, in: &account)
        }
        invoice.startingBalance = account.customers[invoice.customer]?.balance ?? 0
        self.invoice = invoice
    }

    private static func change(
        _ details: inout Parameters, of subscription: Subscription, in account: inout Account
    ) throws(APIError) -> Invoice {
        let endsNow = try details.flag("cancel_now") ?? false
        let update = try SubscriptionUpdate(&details, of: subscription, in: account)
        if endsNow {
            let lines = subscription.pendingLines + account.credits(for: subscription, at: update.prorationDate)
            return account.makeInvoice(for: subscription, reason: "upcoming", lines: lines, from: account.now, status: .draft)
        }
        var changed = subscription
        update.apply(to: &changed)
        let prorations = update.proration == .none ? [] : account.prorations(of: subscription, update.items, at: update.prorationDate)
        if update.proration == .alwaysInvoice && !prorations.isEmpty {
            return account.makeInvoice(for: subscription, reason: "upcoming", lines: prorations, from: account.now, status: .draft)
        }
        changed.pendingLines += prorations
        guard changed.cancelAt.map({ $0 > changed.periodEnd }) ?? true else {
            throw .invalidRequest("No upcoming invoices for customer: \(subscription.customer)", code: "invoice_upcoming_none")
        }
        return account.upcomingInvoice(of: changed)
    }

    private static func beginning(_ details: inout Parameters, of customer: String, in account: inout Account) throws(APIError) -> Invoice {
        guard details.has("items") else { throw .missing("subscription") }
        let items = try SubscriptionRequest.items(&details, in: account)
        try details.finish()
        let subscription = Subscription(
            id: Identifier.object("sub_"), created: account.now, customer: customer,
            currency: account.prices[items[0].price]?.currency ?? "usd", items: items, status: .active, billingCycleAnchor: account.now,
            periodStart: account.now, periodEnd: BillingCycle.end(after: account.now, anchor: account.now), metadata: [:])
        let lines = account.invoiceLines(for: subscription, from: account.now, to: subscription.periodEnd)
        return account.makeInvoice(for: subscription, reason: "upcoming", lines: lines, from: account.now, status: .draft)
    }
}
