extension Account {
    /// Ends a subscription now. Open and draft invoices stay but are not collected any more.
    ///
    /// - Parameter reason: Stripe's `cancellation_details.reason`; one given earlier stays.
    mutating func end(subscription id: String, because reason: String = "cancellation_requested") {
        expireUpdate(of: id)
        guard var subscription = subscriptions[id], !subscription.hasEnded else { return }
        subscription.status = .canceled
        subscription.endedAt = now
        subscription.canceledAt = subscription.canceledAt ?? now
        subscription.cancellation.reason = subscription.cancellation.reason ?? reason
        subscriptions[id] = subscription
        emit("customer.subscription.deleted", subscription)
        for invoice in invoices.all where invoice.subscription == id && (invoice.status == .open || invoice.status == .draft) {
            change(\.invoices, invoice.id, event: "invoice.updated") {
                $0.autoAdvance = false
                $0.nextPaymentAttempt = nil
            }
        }
    }

    /// Asks for what a subscription that has ended had pending, or gives back what of its period is unused, with one last invoice.
    mutating func invoiceLast(of subscription: Subscription, crediting: Bool) {
        let lines = subscription.pendingLines + (crediting ? credits(for: subscription, at: now) : [])
        guard !lines.isEmpty else { return }
        let invoice = makeInvoice(for: subscription, reason: "subscription_update", lines: lines, from: now, status: .draft)
        invoices.insert(invoice)
        subscriptions[subscription.id]?.pendingLines = []
        subscriptions[subscription.id]?.latestInvoice = invoice.id
        emit("invoice.created", invoice)
        finalize(invoice: invoice.id)
    }

    /// A first payment that did not come within 23 hours: the subscription never begins.
    mutating func expire(incomplete id: String) {
        // Nothing expires while a bank has yet to decide.
        guard let subscription = subscriptions[id], subscription.status == .incomplete,
            paymentIntents[invoices[subscription.latestInvoice]?.paymentIntent]?.status != .processing
        else { return }
        let now = now
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.status = .incompleteExpired
            $0.endedAt = now
        }
        if let invoice = subscription.latestInvoice { void(invoice: invoice) }
    }

    /// An open session closes unpaid.
    mutating func expire(session id: String) {
        guard var session = sessions[id], session.status == .open else { return }
        session.status = .expired
        sessions[id] = session
        emit("checkout.session.expired", session)
    }
}
