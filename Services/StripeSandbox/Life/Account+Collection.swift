extension Account {
    /// Tries to collect an open invoice with the subscription's card, or the one given, and tells of all that follows.
    ///
    /// - Parameters:
    ///   - automatic: by the retry schedule; counts as an attempt and sets the time of the next.
    ///   - method: another card, for this try only.
    ///   - onSession: the customer is there, on a hosted page.
    /// - Returns: why it failed; nil when it succeeded or there was no card to charge.
    @discardableResult
    mutating func collect(
        invoice id: String, automatic: Bool, with method: PaymentMethod? = nil, onSession: Bool = false
    ) -> PaymentIntent.Failure? {
        guard let invoice = invoices[id], invoice.status == .open, let intent = invoice.paymentIntent,
            let subscription = subscriptions[invoice.subscription]
        else { return nil }
        guard let method = method ?? paymentMethod(of: subscription) else {
            recordFailure(of: id, automatic: automatic)
            return nil
        }
        // Told of together with the charge: the old shape shows the newest charge on the invoice.
        let before = invoice.rendered(settings.eventVersion, in: self)
        if let failure = charge(paymentIntent: intent, with: method, onSession: onSession) {
            recordFailure(of: id, automatic: automatic, before: before)
            return failure
        }
        recordPayment(of: id, automatic: automatic, before: before, with: method)
        return nil
    }

    private mutating func recordPayment(of id: String, automatic: Bool, before: JSON, with method: PaymentMethod) {
        guard var invoice = invoices[id] else { return }
        markPaid(&invoice)
        invoice.attemptCount += automatic || invoice.attemptCount == 0 ? 1 : 0
        invoices[id] = invoice
        tellUpdate(of: invoice, before: before)
        if var payment = invoicePayments[invoice.invoicePayment] {
            payment.paidAt = now
            invoicePayments[payment.id] = payment
            emit("invoice_payment.paid", payment)
        }
        emit("invoice.paid", invoice)
        emit("invoice.payment_succeeded", invoice)
        guard let subscription = subscriptions[invoice.subscription], settles(invoice, subscription) else { return }
        customers[invoice.customer]?.delinquent = false
        if subscription.status == .paused { return resumed(subscription: subscription.id) }
        change(\.subscriptions, subscription.id, event: "customer.subscription.updated") {
            if $0.status == .incomplete { $0.defaultPaymentMethod = method.id }
            $0.status = Dunning.statusAfterPayment($0.status)
        }
    }

    /// Whether paying this invoice makes the subscription good: it is the newest that was demanded.
    private func settles(_ invoice: Invoice, _ subscription: Subscription) -> Bool {
        if subscription.latestInvoice == invoice.id { return true }
        guard let latest = invoices[subscription.latestInvoice] else { return true }
        return latest.status == .draft || latest.status == .paid
    }

    private mutating func recordFailure(of id: String, automatic: Bool, before: JSON? = nil) {
        guard var invoice = invoices[id], let subscription = subscriptions[invoice.subscription] else { return }
        let before = before ?? invoice.rendered(settings.eventVersion, in: self)
        // Such an invoice is not retried: it waits, for a time, for the customer.
        let isFirst = subscription.status == .incomplete || subscription.status == .paused
        invoice.attempted = true
        invoice.attemptCount += automatic || invoice.attemptCount == 0 ? 1 : 0
        if automatic && !subscription.hasEnded && !isFirst {
            invoice.nextPaymentAttempt = Dunning.nextAttempt(after: invoice.attemptCount, at: now, retryDays: settings.retryDays)
            if let next = invoice.nextPaymentAttempt { agenda.schedule(.retry(id, at: next), at: next) }
        }
        invoices[id] = invoice
        tellUpdate(of: invoice, before: before)
        emit("invoice.payment_failed", invoice)
        if paymentIntents[invoice.paymentIntent]?.status == .requiresAction { emit("invoice.payment_action_required", invoice) }
        if isFirst { return }
        customers[invoice.customer]?.delinquent = true
        change(\.subscriptions, subscription.id, event: "customer.subscription.updated") {
            $0.status = Dunning.statusAfterFailure($0.status)
        }
        if automatic && invoice.nextPaymentAttempt == nil { giveUp(on: invoice) }
    }

    private mutating func tellUpdate(of invoice: Invoice, before: JSON) {
        let after = invoice.rendered(settings.eventVersion, in: self)
        if before != after { emit("invoice.updated", after, previous: JSON.previousAttributes(before: before, after: after)) }
    }

    /// The last retry has failed: what the settings say happens to the subscription.
    private mutating func giveUp(on invoice: Invoice) {
        switch settings.afterFinalFailure {
        case .cancel: end(subscription: invoice.subscription, because: "payment_failed")
        case .unpaid:
            change(\.subscriptions, invoice.subscription, event: "customer.subscription.updated") {
                if $0.status == .pastDue { $0.status = .unpaid }
            }
        case .pastDue: break
        }
    }
}
