extension Account {
    /// Enters what a new period brings: its end, and the notice before it.
    mutating func schedulePeriod(of subscription: Subscription) {
        let end = subscription.periodEnd
        agenda.schedule(.endPeriod(subscription.id, periodEnd: end), at: end)
        // A trial is announced 3 days before it ends, a renewal 7 (Stripe's default), at once where there is less time.
        if subscription.status == .trialing {
            agenda.schedule(.announceTrialEnd(subscription.id), at: max(now, end - 3 * 86_400))
        } else {
            agenda.schedule(.announceRenewal(subscription.id, periodEnd: end), at: max(now, end - 7 * 86_400))
        }
    }

    /// `invoice.upcoming`, unless the subscription will not renew.
    mutating func announceRenewal(of id: String, periodEnd: Int) {
        guard let subscription = subscriptions[id], subscription.periodEnd == periodEnd, subscription.status == .active,
            subscription.cancelAt.map({ $0 > periodEnd }) ?? true
        else { return }
        emit("invoice.upcoming", upcomingInvoice(of: subscription))
    }

    /// The invoice that the end of the running period will bring.
    func upcomingInvoice(of subscription: Subscription) -> Invoice {
        let end = BillingCycle.end(after: subscription.periodEnd, anchor: subscription.billingCycleAnchor)
        let lines = subscription.pendingLines + invoiceLines(for: subscription, from: subscription.periodEnd, to: end)
        var invoice = makeInvoice(for: subscription, reason: "upcoming", lines: lines, from: subscription.periodEnd, status: .draft)
        if invoice.collection == .chargeAutomatically { invoice.nextPaymentAttempt = subscription.periodEnd + Self.draftSeconds }
        return invoice
    }

    /// A renewal's invoice stays a draft for about an hour.
    private static let draftSeconds = 3600

    mutating func scheduleFinalization(of invoice: String) { agenda.schedule(.finalize(invoice), at: now + Self.draftSeconds) }

    /// The period is over: the subscription ends where that was asked for, else it renews.
    mutating func endPeriod(of id: String, periodEnd: Int) {
        guard let subscription = subscriptions[id], !subscription.hasEnded, subscription.status != .paused,
            subscription.periodEnd == periodEnd
        else { return }
        if subscription.cancelAtPeriodEnd || subscription.cancelAt.map({ $0 <= periodEnd }) == true { return end(subscription: id) }
        if subscription.status == .trialing && paymentMethod(of: subscription) == nil {
            switch subscription.missingPaymentMethod {
            case .cancel: return end(subscription: id)
            case .pause: return pause(subscription: id)
            case .createInvoice: break
            }
        }
        let nextEnd = BillingCycle.end(after: periodEnd, anchor: subscription.billingCycleAnchor)
        // An unpaid subscription goes on collecting drafts that nobody charges.
        let isCharged = subscription.status != .unpaid && subscription.pauseCollection?.behavior != .keepAsDraft
        expireUpdate(of: id)
        let lines = subscription.pendingLines + invoiceLines(for: subscription, from: periodEnd, to: nextEnd)
        var invoice = makeInvoice(for: subscription, reason: "subscription_cycle", lines: lines, from: periodEnd, status: .draft)
        invoice.autoAdvance = isCharged
        invoice.nextPaymentAttempt = isCharged && invoice.collection == .chargeAutomatically ? now + Self.draftSeconds : nil
        invoices.insert(invoice)
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.periodStart = periodEnd
            $0.periodEnd = nextEnd
            $0.latestInvoice = invoice.id
            $0.pendingLines = []
            if $0.status == .trialing { $0.status = .active }
        }
        emit("invoice.created", invoice)
        endDiscounts(of: id, after: invoice)
        invoices[invoice.id]?.webhooksDeliveredAt = now
        if isCharged { scheduleFinalization(of: invoice.id) }
        if let renewed = subscriptions[id] { schedulePeriod(of: renewed) }
    }
}
