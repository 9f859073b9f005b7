extension Account {
    /// Does what a request asks of a subscription, and tells of it.
    ///
    /// - Throws: `APIError` 402 where the change must be paid at once and cannot be; nothing has changed then.
    mutating func update(subscription id: String, _ update: SubscriptionUpdate, _ version: APIVersion = .current) throws(APIError) {
        guard let subscription = subscriptions[id] else { return }
        if !update.items.isEmpty { expireUpdate(of: id) }
        let before = self
        let lines = update.proration == .none ? [] : prorations(of: subscription, update.items, at: update.prorationDate)
        let invoice =
            update.proration == .alwaysInvoice && !lines.isEmpty
            ? makeInvoice(for: subscription, reason: "subscription_update", lines: lines, from: now, status: .draft) : nil
        if let invoice, update.paymentBehavior == .pendingIfIncomplete, invoice.demand(with: customers[invoice.customer]?.balance) > 0 {
            return propose(update, of: subscription, with: invoice)
        }
        apply(update, to: subscription, lines, invoice)
        guard let invoice else { return }
        invoices.insert(invoice)
        emit("invoice.created", invoice)
        charge(invoice, update.paymentBehavior, offSession: update.isOffSession)
        settleCharges()
        guard update.paymentBehavior == .errorIfIncomplete, invoices[invoice.id]?.status == .open else { return }
        let refusal = unpaid(invoices[invoice.id]?.paymentIntent, version)
        self = before
        throw refusal
    }

    private mutating func apply(
        _ update: SubscriptionUpdate, to subscription: Subscription, _ lines: [Invoice.Line], _ invoice: Invoice?
    ) {
        let added = update.discounts.map { makeDiscounts($0, for: subscription) }
        let removed = added == nil ? [] : subscription.discounts.compactMap { discounts[$0] }
        change(\.subscriptions, subscription.id, event: "customer.subscription.updated") {
            update.apply(to: &$0)
            if let added { $0.discounts = added.map(\.id) }
            if let invoice { $0.latestInvoice = invoice.id } else { $0.pendingLines += lines }
        }
        for discount in removed { emit("customer.discount.deleted", discount) }
        for discount in added ?? [] { emit("customer.discount.created", discount) }
        scheduleChanges(of: subscription.id, since: subscription)
    }

    /// Makes an invoice of a change final and collects it, sends it, or leaves it to the customer to confirm.
    private mutating func charge(_ invoice: Invoice, _ behavior: PaymentBehavior, offSession: Bool) {
        makeFinal(invoice: invoice.id)
        guard invoices[invoice.id]?.status == .open else { return }
        if invoice.collection == .sendInvoice {
            send(invoice: invoice.id)
        } else if behavior == .defaultIncomplete {
            change(\.subscriptions, invoice.subscription, event: "customer.subscription.updated") {
                $0.status = Dunning.statusAfterFailure($0.status)
            }
        } else {
            collectOrAsk(invoice: invoice.id, automatic: true, offSession: offSession)
        }
    }

    /// Why something that was to be paid at once is not done: 402, or 400 where there is nothing to charge.
    func unpaid(_ intent: String?, _ version: APIVersion) -> APIError {
        let waiting = "subscription_payment_intent_requires_action"
        if let failure = paymentIntents[intent]?.lastFailure { return refusal(failure, intent: intent, code: waiting, version) }
        guard paymentIntents[intent]?.status == .requiresAction else {
            return .invalidRequest(
                "This customer has no attached payment source or default payment method.", code: "resource_missing")
        }
        return APIError(
            status: 402, type: "card_error",
            message: "This payment requires additional user action before it can be completed successfully.", code: waiting)
    }

    private mutating func scheduleChanges(of id: String, since old: Subscription) {
        guard let changed = subscriptions[id] else { return }
        if let end = changed.cancelAt, end != old.cancelAt { agenda.schedule(.cancel(id, at: end), at: end) }
        if let end = changed.pauseCollection?.resumesAt, end != old.pauseCollection?.resumesAt {
            agenda.schedule(.resumeCollection(id, at: end), at: end)
        }
    }

    // MARK: A change that waits for its payment

    /// Tries to collect what a change asks for; without the money it waits (docs "Pending updates").
    private mutating func propose(_ update: SubscriptionUpdate, of subscription: Subscription, with invoice: Invoice) {
        var changed = subscription
        update.apply(to: &changed)
        let end = min(subscription.periodEnd, subscription.trialEnd.map { max($0, now) } ?? .max, now + Self.waitSeconds)
        subscriptions[subscription.id]?.pendingUpdate = .init(items: changed.items, expiresAt: end, invoice: invoice.id)
        invoices.insert(invoice)
        emit("invoice.created", invoice)
        makeFinal(invoice: invoice.id)
        collectOrAsk(invoice: invoice.id, automatic: false, offSession: update.isOffSession)
        settleCharges()
        guard invoices[invoice.id]?.status != .paid else { return }
        change(\.subscriptions, subscription.id, event: "customer.subscription.updated") {
            $0.pendingUpdate?.isTold = true
            $0.latestInvoice = invoice.id
        }
        agenda.schedule(.expireUpdate(subscription.id, at: end), at: end)
    }

    /// The invoice of a change is paid: the change happens.
    mutating func applyUpdate(of id: String) {
        guard let update = subscriptions[id]?.pendingUpdate else { return }
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.items = update.items
            $0.latestInvoice = update.invoice
            $0.pendingUpdate = nil
        }
        if update.isTold, let applied = subscriptions[id] { emit("customer.subscription.pending_update_applied", applied) }
    }

    /// Nobody has paid for a change in time, or another one takes its place.
    ///
    /// - Parameter time: when it was to expire; nil is now.
    mutating func expireUpdate(of id: String, at time: Int? = nil) {
        guard let update = subscriptions[id]?.pendingUpdate, time == nil || time == update.expiresAt else { return }
        void(invoice: update.invoice)
        dropUpdate(of: id)
    }

    /// A change that has waited for its payment will not happen.
    mutating func dropUpdate(of id: String) {
        guard subscriptions[id]?.pendingUpdate != nil else { return }
        change(\.subscriptions, id, event: "customer.subscription.updated") { $0.pendingUpdate = nil }
        if let kept = subscriptions[id] { emit("customer.subscription.pending_update_expired", kept) }
    }
}
