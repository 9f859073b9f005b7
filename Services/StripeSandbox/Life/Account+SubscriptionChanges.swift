extension Account {
    /// Does what a request asks of a subscription, and tells of it.
    mutating func update(subscription id: String, _ update: SubscriptionUpdate) {
        guard let subscription = subscriptions[id] else { return }
        let added = update.discounts.map { makeDiscounts($0, for: subscription) }
        let removed = added == nil ? [] : subscription.discounts.compactMap { discounts[$0] }
        let lines = update.proration == .none ? [] : prorations(of: subscription, update.items, at: update.prorationDate)
        let invoice =
            update.proration == .alwaysInvoice && !lines.isEmpty
            ? makeInvoice(for: subscription, reason: "subscription_update", lines: lines, from: now, status: .draft) : nil
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            update.apply(to: &$0)
            if let added { $0.discounts = added.map(\.id) }
            if let invoice { $0.latestInvoice = invoice.id } else { $0.pendingLines += lines }
        }
        for discount in removed { emit("customer.discount.deleted", discount) }
        for discount in added ?? [] { emit("customer.discount.created", discount) }
        scheduleChanges(of: id, since: subscription)
        guard let invoice else { return }
        invoices.insert(invoice)
        emit("invoice.created", invoice)
        finalize(invoice: invoice.id)
        settleCharges()
    }

    private mutating func scheduleChanges(of id: String, since old: Subscription) {
        guard let changed = subscriptions[id] else { return }
        if let end = changed.cancelAt, end != old.cancelAt { agenda.schedule(.cancel(id, at: end), at: end) }
        if let end = changed.pauseCollection?.resumesAt, end != old.pauseCollection?.resumesAt {
            agenda.schedule(.resumeCollection(id, at: end), at: end)
        }
    }

    /// What a change of items gives back of the old price and asks of the new, for the rest of the period. Trials cost nothing.
    private func prorations(of subscription: Subscription, _ changes: [ItemChange], at time: Int) -> [Invoice.Line] {
        guard subscription.status != .trialing, subscription.status != .paused, subscription.status != .incomplete else { return [] }
        var lines: [Invoice.Line] = []
        for item in subscription.items {
            guard let new = changes.last(where: { $0.item == item.id })?.applied(to: item),
                new.price != item.price || new.quantity != item.quantity
            else { continue }
            let paid = paidLine(for: item, of: subscription)
            let old = paid.map { $0.line.net } ?? price(of: item, in: subscription)
            lines.append(proration("Unused time on", item, of: subscription, -share(old, of: subscription, at: time), time, paid))
            let amount = share(price(of: new, in: subscription), of: subscription, at: time)
            lines.append(proration("Remaining time on", new, of: subscription, amount, time, nil))
        }
        return lines
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
