/// What was collected, given back and withdrawn, per customer and in all, and where each subscription stands: the truth that tests
/// compare the books with. Amounts in minor units. Everything is in the order in which it was made, currencies by name.
struct Ledger {
    private let account: Account
    private let charges: [String: [Charge]]
    private let subscriptions: [String: [Subscription]]
    private let invoices: [String: [Invoice]]
    private let attempts: [String: [Charge]]

    init(_ account: Account) {
        self.account = account
        charges = Dictionary(grouping: account.charges.all) { $0.customer ?? "" }
        subscriptions = Dictionary(grouping: account.subscriptions.all, by: \.customer)
        invoices = Dictionary(grouping: account.invoices.all, by: \.customer)
        attempts = Dictionary(grouping: account.charges.all) { $0.invoice ?? "" }
    }

    var json: JSON {
        let all = account.charges.all.filter(\.succeeded)
        return [
            "customers": .list(account.customers.all.map(entry)),
            // Charges of people who gave no more than a card.
            "guests": ["currencies": currencies(charges[""] ?? [])],
            "totals": [
                "collected": .number(collected(all)), "refunded": .number(refunded(all)), "disputed": .number(disputed(all)),
                "charges": .number(all.count), "failed_charges": .number(account.charges.all.filter { $0.failure != nil }.count),
                "subscriptions": .number(account.subscriptions.count),
                "events": .number(account.events.count), "currencies": currencies(Array(account.charges.all)),
            ],
        ]
    }

    private func entry(_ customer: Customer) -> JSON {
        let charges = charges[customer.id] ?? []
        let successes = charges.filter(\.succeeded)
        return [
            "customer": .text(customer.id), "email": .optional(customer.email), "metadata": .metadata(customer.metadata),
            "deleted": .flag(customer.deleted), "collected": .number(collected(successes)), "refunded": .number(refunded(successes)),
            "disputed": .number(disputed(successes)),
            "currencies": currencies(charges), "subscriptions": .list((subscriptions[customer.id] ?? []).map(line)),
            "invoices": .list((invoices[customer.id] ?? []).map(line)),
        ]
    }

    private func currencies(_ charges: [Charge]) -> JSON {
        .list(LedgerAmounts.byCurrency(charges, disputed: disputed).map(\.json))
    }

    private func collected(_ charges: [Charge]) -> Int { charges.reduce(0) { $0 + $1.amount } }

    private func refunded(_ charges: [Charge]) -> Int { charges.reduce(0) { $0 + $1.amountRefunded } }

    /// What disputes have withdrawn and not brought back; without fees.
    private func disputed(_ charges: [Charge]) -> Int {
        charges.compactMap { account.disputes[$0.dispute] }.flatMap(\.balanceTransactions).reduce(0) { $0 - $1.amount }
    }

    private func line(_ subscription: Subscription) -> JSON {
        let invoice = account.invoices[subscription.latestInvoice]
        return [
            "id": .text(subscription.id), "status": .text(subscription.status.rawValue), "metadata": .metadata(subscription.metadata),
            "current_period_end": .number(subscription.periodEnd), "cancel_at": .optional(subscription.cancelAt),
            "latest_invoice": .optional(subscription.latestInvoice), "attempt_count": .number(invoice?.attemptCount ?? 0),
            "next_payment_attempt": .optional(invoice?.nextPaymentAttempt),
        ]
    }

    private func line(_ invoice: Invoice) -> JSON {
        [
            "id": .text(invoice.id), "subscription": .text(invoice.subscription), "status": .text(invoice.status.rawValue),
            "currency": .text(invoice.currency), "total": .number(invoice.total), "amount_paid": .number(invoice.amountPaid),
            "attempt_count": .number(invoice.attemptCount), "payment_intent": .optional(invoice.paymentIntent),
            "attempts": .list((attempts[invoice.id] ?? []).map(attempt)),
        ]
    }

    private func status(of charge: Charge) -> String {
        if charge.succeeded { return "succeeded" }
        return charge.failure == nil ? "pending" : "failed"
    }

    /// One charge of an invoice, also of a card tried by hand.
    private func attempt(_ charge: Charge) -> JSON {
        [
            "charge": .text(charge.id), "at": .number(charge.created), "status": .text(status(of: charge)),
            "decline_code": .optional(charge.failure?.declineCode), "amount": .number(charge.amount),
            "refunded": .number(charge.amountRefunded),
        ]
    }
}
