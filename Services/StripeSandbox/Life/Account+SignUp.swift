/// How a session in `subscription` mode becomes a subscription.
extension Account {
    // MARK: A paid start

    mutating func startSubscription(_ session: CheckoutSession, _ instrument: Instrument) -> PageOutcome {
        guard let customer = session.customer else { return .closed }
        let method = makePaymentMethod(instrument, billing: session.billing ?? BillingDetails())
        if !method.needsChallenge && method.decline(onSession: true) == nil {
            paymentMethods[method.id]?.isSetUp = true
            attach(paymentMethod: method.id, to: customer)
        }
        let pending = subscriptions[session.pendingSubscription].flatMap { $0.status == .incomplete ? $0 : nil }
        let subscription = pending ?? openSubscription(for: session)
        guard let invoice = invoices[subscription.latestInvoice] else { return .closed }
        if invoice.status == .paid { return begin(subscription.id, session, with: method) }
        guard let intent = invoice.paymentIntent else { return .closed }
        return method.needsChallenge
            ? challenge(paymentIntent: intent, with: method, for: session.id) : finish(session: session.id, with: method.id)
    }

    /// Collects the first invoice of the subscription that a session waits for.
    mutating func chargeFirstInvoice(_ session: CheckoutSession, _ method: PaymentMethod) -> PageOutcome {
        guard let customer = session.customer, let subscription = subscriptions[session.pendingSubscription],
            subscription.status == .incomplete, let id = subscription.latestInvoice
        else { return .closed }
        if method.decline(onSession: true) == nil { attach(paymentMethod: method.id, to: customer) }
        if let failure = collect(invoice: id, automatic: false, with: paymentMethods[method.id], onSession: true) {
            return .declined(failure.decline.message)
        }
        return begun(subscription.id, session)
    }

    /// Begins a subscription whose first invoice asks for nothing: coupons take off all of it.
    private mutating func begin(_ id: String, _ session: CheckoutSession, with method: PaymentMethod) -> PageOutcome {
        paymentMethods[method.id]?.isSetUp = true
        if let customer = session.customer { attach(paymentMethod: method.id, to: customer) }
        change(\.subscriptions, id, event: "customer.subscription.updated") { $0.defaultPaymentMethod = method.id }
        return begun(id, session)
    }

    private mutating func begun(_ id: String, _ session: CheckoutSession) -> PageOutcome {
        guard let subscription = subscriptions[id], let invoice = invoices[subscription.latestInvoice] else { return .closed }
        endDiscounts(of: id, after: invoice)
        schedulePeriod(of: subscription)
        return complete(session.id) {
            $0.subscription = id
            $0.invoice = invoice.id
        }
    }

    /// The subscription with its first invoice, both waiting for the first payment, unless there is nothing to pay.
    private mutating func openSubscription(for session: CheckoutSession) -> Subscription {
        var subscription = makeSubscription(for: session, status: .incomplete, periodEnd: BillingCycle.end(after: now, anchor: now))
        let discounts = makeDiscounts(session.discounts, for: subscription, session: session.id)
        subscription.discounts = discounts.map(\.id)
        let lines = invoiceLines(for: subscription, from: now, to: subscription.periodEnd)
        var invoice = makeInvoice(for: subscription, reason: "subscription_create", lines: lines, from: now, status: .open)
        let customerBefore = customers[subscription.customer]?.rendered(settings.eventVersion, in: self)
        number(&invoice)
        if invoice.amountDue == 0 {
            markPaid(&invoice)
            subscription.status = .active
        }
        invoices.insert(invoice)
        subscription.latestInvoice = invoice.id
        subscriptions.insert(subscription)
        sessions[session.id]?.pendingSubscription = subscription.id
        emit("customer.subscription.created", subscription)
        for discount in discounts { emit("customer.discount.created", discount) }
        tellFirst(invoice)
        if let before = customerBefore, let after = customers[subscription.customer]?.rendered(settings.eventVersion, in: self) {
            emit("customer.updated", after, previous: JSON.previousAttributes(before: before, after: after))
        }
        // An incomplete subscription waits 23 hours for its first payment (docs "How subscriptions work").
        agenda.schedule(.expireIncomplete(subscription.id), at: now + 23 * 3600)
        return subscription
    }

    private mutating func tellFirst(_ invoice: Invoice) {
        if invoice.status == .paid {
            for type in ["invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"] { emit(type, invoice) }
            return
        }
        // It is made final at once, so the old shape names its intent from the beginning.
        let intent = makePaymentIntent(for: invoice.id, description: "Subscription creation")
        if let finalized = invoices[invoice.id] {
            emit("invoice.created", finalized)
            emit("invoice.finalized", finalized)
        }
        if let intent { emit("payment_intent.created", intent) }
    }

    // MARK: A trial

    mutating func startTrial(_ session: CheckoutSession, _ card: TestCard?) -> PageOutcome {
        guard let customer = session.customer, let days = session.trialDays else { return .closed }
        if let decline = card?.declineOnSession { return .declined(decline.message) }
        let method = card.map { makePaymentMethod(.card($0), billing: session.billing ?? BillingDetails(), isSetUp: true) }
        if let method { attach(paymentMethod: method.id, to: customer) }
        let end = now + days * 86_400
        var subscription = makeSubscription(for: session, status: .trialing, periodEnd: end)
        let discounts = makeDiscounts(session.discounts, for: subscription, session: session.id)
        subscription.discounts = discounts.map(\.id)
        subscription.billingCycleAnchor = end
        subscription.trialStart = now
        subscription.trialEnd = end
        subscription.defaultPaymentMethod = method?.id
        subscription.missingPaymentMethod = session.missingPaymentMethod
        let lines = invoiceLines(for: subscription, from: now, to: end, free: true)
        var invoice = makeInvoice(for: subscription, reason: "subscription_create", lines: lines, from: now, status: .open)
        number(&invoice)
        markPaid(&invoice)
        invoices.insert(invoice)
        subscription.latestInvoice = invoice.id
        subscriptions.insert(subscription)
        emit("customer.subscription.created", subscription)
        for discount in discounts { emit("customer.discount.created", discount) }
        tellFirst(invoice)
        schedulePeriod(of: subscription)
        return complete(session.id) {
            $0.subscription = subscription.id
            $0.invoice = invoice.id
        }
    }

    private func makeSubscription(for session: CheckoutSession, status: Subscription.Status, periodEnd: Int) -> Subscription {
        Subscription(
            id: Identifier.object("sub_"), created: now, customer: session.customer ?? "", currency: session.currency,
            items: session.lines.map { .init(id: Identifier.subscriptionItem(), price: $0.price, quantity: $0.quantity) }, status: status,
            billingCycleAnchor: now, periodStart: now, periodEnd: periodEnd, metadata: session.subscriptionMetadata)
    }
}
