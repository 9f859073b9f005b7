extension Account {
    /// What came of a try to pay on a hosted page.
    enum PageOutcome: Sendable, Equatable {
        case paid
        case declined(String)
        /// The page is not open for payment: paid elsewhere, expired, void.
        case closed
    }

    /// Pays an open session with the card entered on its page.
    ///
    /// A session paid before stays as it was and answers `paid`, so a form sent twice pays once.
    ///
    /// - Parameter card: nil only where a trial needs none.
    mutating func pay(session id: String, with card: TestCard?, billing: BillingDetails) -> PageOutcome {
        defer { settleCharges() }
        guard var session = sessions[id] else { return .closed }
        if session.status == .complete { return .paid }
        guard session.status == .open else { return .closed }
        var billing = billing
        billing.email = billing.email ?? customers[session.customer]?.email ?? session.customerEmail
        billing.name = billing.name ?? customers[session.customer]?.name
        session.billing = billing
        if session.mode == .subscription { ensureCustomer(of: &session) }
        sessions[id] = session
        if session.isTrial { return startTrial(session, card) }
        guard let card else { return .declined("Your card number is incomplete.") }
        return session.mode == .subscription ? startSubscription(session, card) : payOnce(session, card)
    }

    private mutating func ensureCustomer(of session: inout CheckoutSession) {
        guard session.customer == nil else { return }
        session.customer = makeCustomer(email: session.billing?.email, name: session.billing?.name).id
    }

    private mutating func complete(_ id: String, _ edit: (inout CheckoutSession) -> Void) -> PageOutcome {
        guard var session = sessions[id] else { return .closed }
        session.status = .complete
        edit(&session)
        sessions[id] = session
        emit("checkout.session.completed", session)
        return .paid
    }

    // MARK: One payment

    private mutating func payOnce(_ session: CheckoutSession, _ card: TestCard) -> PageOutcome {
        var session = session
        if session.pendingPaymentIntent == nil {
            let intentID = Identifier.object("pi_")
            let intent = PaymentIntent(
                id: intentID, created: now, amount: session.amountTotal, currency: session.currency, customer: session.customer,
                invoice: nil, description: nil, clientSecret: Identifier.secret(of: intentID), metadata: session.paymentMetadata)
            paymentIntents.insert(intent)
            emit("payment_intent.created", intent)
            session.pendingPaymentIntent = intentID
            sessions[session.id] = session
        }
        guard let intent = session.pendingPaymentIntent else { return .closed }
        let method = makePaymentMethod(card, billing: session.billing ?? BillingDetails())
        if let failure = charge(paymentIntent: intent, with: method, onSession: true) { return .declined(failure.decline.message) }
        return complete(session.id) { $0.paymentIntent = intent }
    }

    // MARK: A subscription

    private mutating func startSubscription(_ session: CheckoutSession, _ card: TestCard) -> PageOutcome {
        guard let customer = session.customer else { return .closed }
        let method = makePaymentMethod(card, billing: session.billing ?? BillingDetails())
        if card.decline(onSession: true) == nil { attach(paymentMethod: method.id, to: customer) }
        let pending = subscriptions[session.pendingSubscription].flatMap { $0.status == .incomplete ? $0 : nil }
        let subscription = pending ?? openSubscription(for: session)
        guard let invoice = subscription.latestInvoice else { return .closed }
        if let failure = collect(invoice: invoice, automatic: false, with: paymentMethods[method.id], onSession: true) {
            return .declined(failure.decline.message)
        }
        if let begun = subscriptions[subscription.id] { schedulePeriod(of: begun) }
        return complete(session.id) {
            $0.subscription = subscription.id
            $0.invoice = invoice
        }
    }

    /// The subscription with its first invoice, both waiting for the first payment.
    private mutating func openSubscription(for session: CheckoutSession) -> Subscription {
        var subscription = makeSubscription(for: session, status: .incomplete, periodEnd: BillingCycle.end(after: now, anchor: now))
        var invoice = makeInvoice(
            for: subscription, reason: "subscription_create", from: now, to: subscription.periodEnd, status: .open)
        let customerBefore = customers[subscription.customer]?.rendered(settings.eventVersion, in: self)
        number(&invoice)
        invoices.insert(invoice)
        subscription.latestInvoice = invoice.id
        subscriptions.insert(subscription)
        emit("customer.subscription.created", subscription)
        emit("invoice.created", invoice)
        let intent = makePaymentIntent(for: invoice.id, description: "Subscription creation")
        if let finalized = invoices[invoice.id] { emit("invoice.finalized", finalized) }
        if let intent { emit("payment_intent.created", intent) }
        if let before = customerBefore, let after = customers[subscription.customer]?.rendered(settings.eventVersion, in: self) {
            emit("customer.updated", after, previous: JSON.previousAttributes(before: before, after: after))
        }
        // An incomplete subscription waits 23 hours for its first payment (docs "How subscriptions work").
        agenda.schedule(.expireIncomplete(subscription.id), at: now + 23 * 3600)
        sessions[session.id]?.pendingSubscription = subscription.id
        return subscription
    }

    // MARK: A trial

    private mutating func startTrial(_ session: CheckoutSession, _ card: TestCard?) -> PageOutcome {
        guard let customer = session.customer, let days = session.trialDays else { return .closed }
        if let decline = card?.declineOnSession { return .declined(decline.message) }
        let method = card.map { makePaymentMethod($0, billing: session.billing ?? BillingDetails()) }
        if let method { attach(paymentMethod: method.id, to: customer) }
        let end = now + days * 86_400
        var subscription = makeSubscription(for: session, status: .trialing, periodEnd: end)
        subscription.billingCycleAnchor = end
        subscription.trialStart = now
        subscription.trialEnd = end
        subscription.defaultPaymentMethod = method?.id
        var invoice = makeInvoice(for: subscription, reason: "subscription_create", from: now, to: end, status: .open, free: true)
        number(&invoice)
        markPaid(&invoice)
        invoices.insert(invoice)
        subscription.latestInvoice = invoice.id
        subscriptions.insert(subscription)
        emit("customer.subscription.created", subscription)
        for type in ["invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"] { emit(type, invoice) }
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
