extension Account {
    /// The subscription makes no further invoices until it is resumed: a trial has ended without a payment method, or a payment failed
    /// (changelog of 2026-09-30, "Adds the option to automatically pause subscriptions after payment failures").
    ///
    /// - Parameter invoice: the one that failed. It can still be collected, and the subscription is resumed when it is settled.
    mutating func pause(subscription id: String, because invoice: String? = nil, _ type: String? = nil) {
        guard let subscription = subscriptions[id], !subscription.hasEnded, subscription.status != .paused else { return }
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.status = .paused
            $0.pausedBy = invoice
            $0.pauseType = type
        }
        if let paused = subscriptions[id] { emit("customer.subscription.paused", paused) }
    }

    /// The invoice that had failed is paid or written off; the period goes on, or a new one begins where it is over.
    mutating func resumeSettled(subscription id: String) {
        guard let subscription = subscriptions[id], subscription.status == .paused else { return }
        subscriptions[id]?.pausedBy = nil
        customers[subscription.customer]?.delinquent = false
        guard subscription.periodEnd > now else { return resume(subscription: id, resetsAnchor: true) }
        // The end of the period that goes on is on the agenda already.
        resumed(subscription: id, inNewPeriod: false)
    }

    /// Takes a paused subscription up again: its invoice is charged at once, and it is active when that is paid.
    ///
    /// - Parameter resetsAnchor: a whole new period begins now; else what is left of the running one is asked for.
    mutating func resume(subscription id: String, resetsAnchor: Bool) {
        guard var subscription = subscriptions[id], subscription.status == .paused else { return }
        subscriptions[id]?.pausedBy = nil
        subscription.billingCycleAnchor = resetsAnchor ? now : subscription.billingCycleAnchor
        let end = BillingCycle.end(after: now, anchor: subscription.billingCycleAnchor)
        var lines = invoiceLines(for: subscription, from: now, to: end)
        if !resetsAnchor {
            let before = BillingCycle.time(end, plusMonths: -1)
            lines = lines.map { $0.reduced(to: Proration.share(of: $0.amount, at: now, from: before, to: end)) }
        }
        let invoice = makeInvoice(for: subscription, reason: "subscription_update", lines: lines, from: now, status: .draft)
        invoices.insert(invoice)
        let (anchor, start) = (subscription.billingCycleAnchor, now)
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.billingCycleAnchor = anchor
            $0.periodStart = start
            $0.periodEnd = end
            $0.latestInvoice = invoice.id
        }
        emit("invoice.created", invoice)
        finalize(invoice: invoice.id, automatic: false)
        if invoices[invoice.id]?.status == .paid { resumed(subscription: id) }
        // An invoice that nobody pays within 23 hours is void, and the subscription stays paused (docs "Pause subscriptions").
        agenda.schedule(.voidResumption(invoice.id), at: now + Self.waitSeconds)
    }

    /// What the subscription waited for is paid.
    mutating func resumed(subscription id: String, inNewPeriod: Bool = true) {
        guard subscriptions[id]?.status == .paused else { return }
        change(\.subscriptions, id, event: "customer.subscription.updated") { $0.status = .active }
        guard let resumed = subscriptions[id] else { return }
        emit("customer.subscription.resumed", resumed)
        if inNewPeriod { schedulePeriod(of: resumed) }
    }

    /// Nobody has paid the invoice of a resumption.
    mutating func expire(resumption id: String) {
        guard let invoice = invoices[id], let subscription = subscriptions[invoice.subscription], subscription.status == .paused,
            subscription.pausedBy == nil
        else { return }
        void(invoice: id)
    }

    /// Collection goes on by itself at the time that was set.
    mutating func resumeCollection(of id: String, at time: Int) {
        guard subscriptions[id]?.pauseCollection?.resumesAt == time else { return }
        change(\.subscriptions, id, event: "customer.subscription.updated") { $0.pauseCollection = nil }
    }
}
