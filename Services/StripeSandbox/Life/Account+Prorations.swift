/// What a change within a period gives back and asks for. Trials cost nothing.
extension Account {
    /// What a change of items gives back of the old price and asks of the new, for the rest of the period.
    func prorations(of subscription: Subscription, _ changes: [ItemChange], at time: Int) -> [Invoice.Line] {
        guard subscription.isProrated else { return [] }
        var lines: [Invoice.Line] = []
        for item in subscription.items {
            guard let change = changes.last(where: { $0.item == item.id }) else { continue }
            let new = change.applied(to: item)
            guard new.map({ $0.price != item.price || $0.quantity != item.quantity }) ?? true else { continue }
            lines.append(credit(for: item, of: subscription, at: time))
            if let new { lines.append(demand(for: new, of: subscription, at: time)) }
        }
        for change in changes { if let new = change.added { lines.append(demand(for: new, of: subscription, at: time)) } }
        return lines
    }

    /// What an immediate end gives back of the running period.
    func credits(for subscription: Subscription, at time: Int) -> [Invoice.Line] {
        guard subscription.isProrated else { return [] }
        return subscription.items.map { credit(for: $0, of: subscription, at: time) }
    }

    private func credit(for item: Subscription.Item, of subscription: Subscription, at time: Int) -> Invoice.Line {
        let paid = paidLine(for: item, of: subscription)
        let old = paid.map { $0.line.net } ?? price(of: item, in: subscription)
        return proration("Unused time on", item, of: subscription, -share(old, of: subscription, at: time), time, paid)
    }

    private func demand(for item: Subscription.Item, of subscription: Subscription, at time: Int) -> Invoice.Line {
        let amount = share(price(of: item, in: subscription), of: subscription, at: time)
        return proration("Remaining time on", item, of: subscription, amount, time, nil)
    }

    private func share(_ amount: Int, of subscription: Subscription, at time: Int) -> Int {
        Proration.share(of: amount, at: time, from: subscription.periodStart, to: subscription.periodEnd)
    }

    /// What an item costs for a whole period, after discounts.
    private func price(of item: Subscription.Item, in subscription: Subscription) -> Int {
        var amount = (prices[item.price]?.unitAmount ?? 0) * item.quantity
        for discount in subscription.discounts.compactMap({ discounts[$0] }) where discount.applies(at: now) {
            guard let coupon = coupons[discount.use.coupon] else { continue }
            amount -= Discounting.shares(of: coupon, off: [amount]).reduce(0, +)
        }
        return amount
    }

    /// The line by which an item was billed for this period, unless it has been changed since.
    private func paidLine(for item: Subscription.Item, of subscription: Subscription) -> (invoice: String, line: Invoice.Line)? {
        for invoice in invoices.newestFirst where invoice.subscription == subscription.id {
            let line = invoice.lines.first {
                !$0.isProration && $0.subscriptionItem == item.id && $0.periodEnd == subscription.periodEnd && $0.price == item.price
                    && $0.quantity == item.quantity
            }
            if let line { return (invoice.id, line) }
        }
        return nil
    }

    private func proration(
        _ what: String, _ item: Subscription.Item, of subscription: Subscription, _ amount: Int, _ time: Int,
        _ paid: (invoice: String, line: Invoice.Line)?
    ) -> Invoice.Line {
        let product = prices[item.price].flatMap { products[$0.product]?.name } ?? item.price
        var line = Invoice.Line(
            id: Identifier.object("il_"), amount: amount, description: "\(what) \(product) after \(PlainDate.text(time))",
            price: item.price, quantity: item.quantity, subscriptionItem: item.id, periodStart: time, periodEnd: subscription.periodEnd)
        line.isProration = true
        line.invoiceItem = Identifier.object("ii_")
        line.credits = paid.map { Invoice.Credit(invoice: $0.invoice, line: $0.line.id) }
        return line
    }
}

extension Subscription {
    /// A change within its period costs or gives back something.
    fileprivate var isProrated: Bool { ![.trialing, .paused, .incomplete].contains(status) }
}
