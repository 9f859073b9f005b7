extension Account {
    /// Tries to collect an open invoice with the subscription's card, or the one given, and tells of all that follows.
    ///
    /// - Parameters:
    ///   - automatic: by the retry schedule; counts as an attempt and sets the time of the next.
    ///   - method: another card, for this try only.
    ///   - onSession: the customer is there, on a hosted page.
    /// - Returns: why it failed; nil when it succeeded, is on its way, or there was no card to charge.
    @discardableResult
    mutating func collect(
        invoice id: String, automatic: Bool, with method: PaymentMethod? = nil, onSession: Bool = false
    ) -> PaymentIntent.Failure? {
        guard let invoice = invoices[id], invoice.isPayable, let intent = paymentIntents[invoice.paymentIntent], intent.status.isPayable,
            let subscription = subscriptions[invoice.subscription]
        else { return nil }
        guard let method = method ?? paymentMethod(of: subscription) else {
            if automatic && invoice.attempted { passAttempt(of: id) } else { recordFailure(of: id, automatic: automatic) }
            return nil
        }
        if automatic, let last = intent.lastFailure, last.decline.isHard, last.paymentMethod == method.id {
            passAttempt(of: id)
            return nil
        }
        if !intent.paymentMethodTypes.contains(method.instrument.type) {
            paymentIntents[intent.id]?.paymentMethodTypes.append(method.instrument.type)
        }
        if method.instrument.isDelayed {
            sendDebit(for: id, automatic: automatic, from: method)
            return nil
        }
        // Told of together with the charge: the old shape shows the newest charge on the invoice.
        let before = invoice.rendered(settings.eventVersion, in: self)
        if let failure = charge(paymentIntent: intent.id, with: method, onSession: onSession) {
            recordFailure(of: id, automatic: automatic, before: before)
            return failure
        }
        recordPayment(of: id, automatic: automatic, before: before, with: method.id)
        return nil
    }

    // MARK: Paid

    mutating func recordPayment(of id: String, automatic: Bool, before: JSON, with method: String) {
        invoices[id]?.countAttempt(automatic: automatic)
        tellPayment(of: id, before: before)
        settle(invoice: id, with: method)
    }

    /// Marks an invoice as paid by its intent and tells of it.
    ///
    /// - Parameter before: what it was; nil where it is new, which is not told as a change.
    mutating func tellPayment(of id: String, before: JSON? = nil) {
        guard var invoice = invoices[id] else { return }
        markPaid(&invoice)
        invoices[id] = invoice
        if let before { tellUpdate(of: invoice, before: before) }
        if var payment = invoicePayments[invoice.invoicePayment] {
            payment.paidAt = now
            invoicePayments[payment.id] = payment
            emit("invoice_payment.paid", payment)
        }
        emit("invoice.paid", invoice)
        emit("invoice.payment_succeeded", invoice)
    }

    /// An invoice asks for nothing any more: what that does to its subscription.
    ///
    /// - Parameter method: what has paid it; nil when nothing has.
    mutating func settle(invoice id: String, with method: String? = nil) {
        guard let invoice = invoices[id], let subscription = subscriptions[invoice.subscription] else { return }
        if subscription.pendingUpdate?.invoice == id {
            if invoice.status == .paid { applyUpdate(of: subscription.id) }
            return
        }
        if subscription.pausedBy == id {
            if settings.resumesWhenSettled { resumeSettled(subscription: subscription.id) }
            return
        }
        guard settles(invoice, subscription) else { return }
        customers[invoice.customer]?.delinquent = false
        if subscription.status == .paused { return resumed(subscription: subscription.id) }
        change(\.subscriptions, subscription.id, event: "customer.subscription.updated") {
            if $0.status == .incomplete && $0.keepsMethod { $0.defaultPaymentMethod = method ?? $0.defaultPaymentMethod }
            $0.status = Dunning.statusAfterPayment($0.status)
        }
        if subscription.status == .incomplete { began(subscription: subscription.id) }
    }

    /// Whether this invoice, once settled, makes the subscription good: it is the newest that was made final.
    ///
    /// One that is unpaid wants its newest invoice paid, be it a draft; void ones do not count (docs "How subscriptions work": unpaid
    /// subscriptions, and "the most recent non-voided invoice").
    private func settles(_ invoice: Invoice, _ subscription: Subscription) -> Bool {
        if subscription.status == .unpaid { return newestInvoice(of: subscription.id)?.id == invoice.id }
        return subscription.finalInvoice == nil || subscription.finalInvoice == invoice.id
    }

    // MARK: Not paid

    /// - Parameter isCounted: the attempt was counted when it began.
    mutating func recordFailure(of id: String, automatic: Bool, before: JSON? = nil, isCounted: Bool = false) {
        guard var invoice = invoices[id], let subscription = subscriptions[invoice.subscription] else { return }
        let before = before ?? invoice.rendered(settings.eventVersion, in: self)
        let waits = waitsForCustomer(invoice, subscription)
        if !isCounted { invoice.countAttempt(automatic: automatic) }
        if automatic && !subscription.hasEnded && !waits { scheduleRetry(of: &invoice) }
        invoices[id] = invoice
        tellUpdate(of: invoice, before: before)
        emit("invoice.payment_failed", invoice)
        if paymentIntents[invoice.paymentIntent]?.status == .requiresAction { emit("invoice.payment_action_required", invoice) }
        if waits { return }
        customers[invoice.customer]?.delinquent = true
        if subscription.finalInvoice == id {
            change(\.subscriptions, subscription.id, event: "customer.subscription.updated") {
                $0.status = Dunning.statusAfterFailure($0.status)
            }
        }
        if automatic && invoice.nextPaymentAttempt == nil { return giveUp(on: invoice) }
        let isFirst = invoice.attemptCount == 1 && invoice.billingReason == "subscription_cycle"
        if automatic && isFirst && settings.afterFirstFailure == .pause && settings.canPause {
            pause(subscription: invoice.subscription, because: id, "first_payment_failure")
        }
    }

    /// Such an invoice is not retried: it waits, for a time, for the customer.
    private func waitsForCustomer(_ invoice: Invoice, _ subscription: Subscription) -> Bool {
        subscription.status == .incomplete || subscription.pendingUpdate?.invoice == invoice.id
            || subscription.status == .paused && subscription.pausedBy != invoice.id
    }

    private mutating func scheduleRetry(of invoice: inout Invoice) {
        let method = subscriptions[invoice.subscription].flatMap { paymentMethod(of: $0) }
        let isRetried = method?.instrument.isRetried ?? true
        invoice.nextPaymentAttempt = isRetried ? Dunning.nextAttempt(after: invoice.attemptCount, at: now, settings.retries) : nil
        if let next = invoice.nextPaymentAttempt { agenda.schedule(.retry(invoice.id, at: next), at: next) }
    }

    /// The time of a retry comes, and there is nothing that could be charged with success.
    private mutating func passAttempt(of id: String) {
        guard var invoice = invoices[id] else { return }
        let before = invoice.rendered(settings.eventVersion, in: self)
        invoice.attemptCount += 1
        scheduleRetry(of: &invoice)
        invoices[id] = invoice
        tellUpdate(of: invoice, before: before)
        if invoice.nextPaymentAttempt == nil { giveUp(on: invoice) }
    }

    mutating func tellUpdate(of invoice: Invoice, before: JSON) {
        emitChange("invoice.updated", from: before, to: invoice.rendered(settings.eventVersion, in: self))
    }

    /// The last retry has failed: what the settings say happens to the invoice and the subscription.
    ///
    /// A subscription whose newest final invoice is another one is left as it is (Stripe's support, "Retry schedules longer than a
    /// subscription's billing period").
    private mutating func giveUp(on invoice: Invoice) {
        if settings.invoiceAfterFinalFailure == .uncollectible { writeOff(invoice: invoice.id, because: "max_payment_attempts") }
        guard let subscription = subscriptions[invoice.subscription], subscription.finalInvoice == invoice.id else { return }
        switch settings.afterFinalFailure {
        case .cancel: end(subscription: invoice.subscription, because: "payment_failed")
        case .unpaid:
            change(\.subscriptions, invoice.subscription, event: "customer.subscription.updated") {
                if $0.status == .pastDue { $0.status = .unpaid }
            }
        case .pause where settings.canPause:
            pause(subscription: invoice.subscription, because: invoice.id, "final_payment_failure")
        case .pause: end(subscription: invoice.subscription, because: "payment_failed")
        case .pastDue: break
        }
    }
}
