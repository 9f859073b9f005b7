import Models

extension AccessPolicy {
    /// Of all invoices of a subscription those that count, newest first: what was billed for it and is still owed.
    ///
    /// A draft is not demanded yet, and what was voided, or billed by hand or apart from the subscription, says nothing about it. One that was
    /// written off is still owed if it was tried: nobody has paid it. But it never will be, so a later period that was paid closes it: else
    /// the first failure of anybody who was once forgiven would be their last.
    static func owed(_ invoices: [InvoiceFacts], of subscription: SubscriptionFacts) -> [InvoiceFacts] {
        let billed = invoices.filter { $0.subscriptionID == subscription.id && $0.billingReason != "manual" }
        let paidUntil = billed.filter { $0.isPaid && ($0.amountPaid > 0 || $0.paidOutOfBand) }.compactMap(\.serviceEnd).max()
        return billed.filter { invoice in
            switch invoice.status {
            case "open": return true
            case "uncollectible" where invoice.attemptCount > 0 && !invoice.isMailed:
                guard let end = invoice.serviceEnd, let paidUntil else { return true }
                return paidUntil <= end
            default: return false
            }
        }.sorted { ($0.created, $0.id.rawValue) > ($1.created, $1.id.rawValue) }
    }

    /// Whether an invoice that counts leaves it open when collecting it first failed and whether money is on its way: another attempt that is
    /// planned answers both.
    func needsPayments(_ invoice: InvoiceFacts) -> Bool {
        invoice.nextPaymentAttempt == nil || invoice.status != "open" || invoice.attemptCount >= dunningMaxAttempts
    }
}
