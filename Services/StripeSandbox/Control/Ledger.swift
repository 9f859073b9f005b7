/// What was collected, given back and withdrawn, per customer and in all, and where each subscription stands: the truth that tests
/// compare the books with. Amounts in minor units.
struct Ledger {
    private let account: Account

    init(_ account: Account) { self.account = account }

    var json: JSON {
        let charges = Dictionary(grouping: account.charges.all.filter(\.succeeded)) { $0.customer ?? "" }
        let subscriptions = Dictionary(grouping: account.subscriptions.all, by: \.customer)
        let invoices = Dictionary(grouping: account.invoices.all, by: \.customer)
        let customers = account.customers.all.map { customer -> JSON in
            let charges = charges[customer.id] ?? []
            return [
                "customer": .text(customer.id), "email": .optional(customer.email), "metadata": .metadata(customer.metadata),
                "deleted": .flag(customer.deleted), "collected": .number(collected(charges)), "refunded": .number(refunded(charges)),
                "disputed": .number(disputed(charges)),
                "subscriptions": .list((subscriptions[customer.id] ?? []).map(line)),
                "invoices": .list((invoices[customer.id] ?? []).map(line)),
            ]
        }
        let all = account.charges.all.filter(\.succeeded)
        return [
            "customers": .list(customers),
            "totals": [
                "collected": .number(collected(all)), "refunded": .number(refunded(all)), "disputed": .number(disputed(all)),
                "charges": .number(all.count), "failed_charges": .number(account.charges.all.filter { $0.failure != nil }.count),
                "subscriptions": .number(account.subscriptions.count), "events": .number(account.events.count),
            ],
        ]
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
            "id": .text(invoice.id), "status": .text(invoice.status.rawValue), "total": .number(invoice.total),
            "amount_paid": .number(invoice.amountPaid), "attempt_count": .number(invoice.attemptCount),
            "payment_intent": .optional(invoice.paymentIntent),
        ]
    }
}
