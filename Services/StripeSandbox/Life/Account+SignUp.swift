/// How a subscription begins, by a session in `subscription` mode or by a request.
extension Account {
    /// Begins a subscription with its first invoice.
    ///
    /// - Parameters:
    ///   - invoice: numbered, not told of.
    ///   - intent: what pays it, or was tried; nil where nothing is to be paid.
    mutating func begin(_ new: Subscription, with invoice: Invoice, paidBy intent: String?) {
        var invoice = invoice
        if let intent { join(&invoice, to: intent) }
        insert(new, with: invoice)
        for type in ["invoice.created", "invoice.finalized"] { emit(type, invoice) }
    }

    /// Puts a new subscription and its first invoice into the account and tells of the subscription; not yet of the invoice.
    mutating func insert(_ new: Subscription, with invoice: Invoice) {
        var subscription = new
        subscription.latestInvoice = invoice.id
        if invoice.finalizedAt != nil { subscription.finalInvoice = invoice.id }
        subscriptions.insert(subscription)
        invoices.insert(invoice)
        emit("customer.subscription.created", subscription)
        for discount in subscription.discounts.compactMap({ discounts[$0] }) { emit("customer.discount.created", discount) }
    }

    /// The payment intent of a first invoice, told of, before the invoice itself is.
    mutating func makeFirstIntent(_ invoice: Invoice) -> String {
        var intent = PaymentIntent(
            created: now, amount: invoice.amountDue, currency: invoice.currency, customer: invoice.customer,
            description: "Subscription creation")
        intent.savesMethod = true
        paymentIntents.insert(intent)
        emit("payment_intent.created", intent)
        return intent.id
    }

    /// The money of a first invoice is here, on its way from a bank, or was not had.
    mutating func settleFirst(_ id: String, paidBy intent: String?) {
        guard let intent = paymentIntents[intent] else { return tellPayment(of: id) }
        let isTried = intent.latestCharge != nil || intent.status == .requiresAction
        invoices[id]?.attempted = isTried
        invoices[id]?.attemptCount = isTried ? 1 : 0
        if intent.status == .succeeded { return tellPayment(of: id) }
        guard isTried, intent.status != .processing, let invoice = invoices[id] else { return }
        emit("invoice.payment_failed", invoice)
        if intent.status == .requiresAction { emit("invoice.payment_action_required", invoice) }
    }

    /// The first payment is here, or none was needed: the months go on from now.
    mutating func began(subscription id: String) {
        guard let subscription = subscriptions[id], let invoice = invoices[subscription.latestInvoice] else { return }
        endDiscounts(of: id, after: invoice)
        schedulePeriod(of: subscription)
    }

    func firstInvoice(of subscription: Subscription, free: Bool = false) -> Invoice {
        let lines = invoiceLines(for: subscription, from: now, to: subscription.periodEnd, free: free)
        return makeInvoice(for: subscription, reason: "subscription_create", lines: lines, from: now, status: .open)
    }

    mutating func tellUpdate(of customer: String, before: JSON) {
        guard let after = customers[customer]?.rendered(settings.eventVersion, in: self) else { return }
        emitChange("customer.updated", from: before, to: after)
    }

    // MARK: By a session, the payment first

    /// Begins the subscription that a session has been paid for, with its first invoice.
    ///
    /// - Parameter intent: what pays it; nil where coupons take off all of it.
    mutating func begin(_ session: CheckoutSession, with method: String, paidBy intent: String?) -> PageOutcome {
        var subscription = makeSubscription(for: session, status: .active, periodEnd: BillingCycle.end(after: now, anchor: now))
        subscription.defaultPaymentMethod = method
        subscription.discounts = makeDiscounts(session.discounts, for: subscription, session: session.id).map(\.id)
        var invoice = firstInvoice(of: subscription)
        let before = customers[subscription.customer]?.rendered(settings.eventVersion, in: self)
        number(&invoice)
        begin(subscription, with: invoice, paidBy: intent)
        if let before { tellUpdate(of: subscription.customer, before: before) }
        settleFirst(invoice.id, paidBy: intent)
        began(subscription: subscription.id)
        return complete(session, by: subscription.id, invoice.id)
    }

    private mutating func complete(_ session: CheckoutSession, by subscription: String, _ invoice: String) -> PageOutcome {
        complete(session.id) {
            $0.subscription = subscription
            $0.invoice = invoice
        }
    }

    // MARK: By a session, the subscription first, before 2025-03-31

    /// Tries to pay a subscription that begins incomplete, or goes on with the one that an earlier try has left.
    mutating func openSubscription(_ session: CheckoutSession, _ method: PaymentMethod) -> PageOutcome {
        ensureCustomer(of: session.id)
        guard let session = sessions[session.id] else { return .closed }
        if !method.needsChallenge && method.isAccepted { save(method.id, for: session.id) }
        let pending = subscriptions[session.pendingSubscription].flatMap { $0.status == .incomplete ? $0 : nil }
        let subscription = pending ?? makeIncomplete(for: session)
        guard let invoice = invoices[subscription.latestInvoice] else { return .closed }
        if invoice.status == .paid {
            change(\.subscriptions, subscription.id, event: "customer.subscription.updated") { $0.defaultPaymentMethod = method.id }
            began(subscription: subscription.id)
            return complete(session, by: subscription.id, invoice.id)
        }
        guard let intent = invoice.paymentIntent else { return .closed }
        return method.needsChallenge
            ? challenge(paymentIntent: intent, with: method, for: session.id) : finish(session: session.id, with: method.id)
    }

    private mutating func ensureCustomer(of id: String) {
        guard let session = sessions[id], session.customer == nil else { return }
        let customer = makeCustomer(email: session.billing?.email, name: session.billing?.name)
        sessions[id]?.customer = customer.id
    }

    /// Collects the first invoice of the subscription that a session waits for.
    mutating func chargeFirstInvoice(_ session: CheckoutSession, _ method: PaymentMethod) -> PageOutcome {
        guard let subscription = subscriptions[session.pendingSubscription], subscription.status == .incomplete,
            let id = subscription.latestInvoice
        else { return .closed }
        if method.isAccepted { save(method.id, for: session.id) }
        if let intent = invoices[id]?.paymentIntent { paymentIntents[intent]?.session = session.id }
        if let failure = collect(invoice: id, automatic: false, with: paymentMethods[method.id], onSession: true) {
            return .declined(failure.decline.message)
        }
        if method.instrument.isDelayed { activate(subscription: subscription.id, with: method.id) }
        return complete(session, by: subscription.id, id)
    }

    /// A debit is on its way, and the subscription does not wait for it.
    private mutating func activate(subscription id: String, with method: String) {
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.defaultPaymentMethod = method
            $0.status = .active
        }
        began(subscription: id)
    }

    /// The subscription with its first invoice, both waiting for the first payment, unless there is nothing to pay.
    private mutating func makeIncomplete(for session: CheckoutSession) -> Subscription {
        var subscription = makeSubscription(for: session, status: .incomplete, periodEnd: BillingCycle.end(after: now, anchor: now))
        subscription.discounts = makeDiscounts(session.discounts, for: subscription, session: session.id).map(\.id)
        var invoice = firstInvoice(of: subscription)
        let before = customers[subscription.customer]?.rendered(settings.eventVersion, in: self)
        number(&invoice)
        if invoice.amountDue == 0 {
            markPaid(&invoice)
            subscription.status = .active
        }
        sessions[session.id]?.pendingSubscription = subscription.id
        insert(subscription, with: invoice)
        tellFirst(invoice)
        if let before { tellUpdate(of: subscription.customer, before: before) }
        scheduleExpiry(of: subscription.id)
        return subscriptions[subscription.id] ?? subscription
    }

    /// How long Stripe waits for the payment that begins a subscription, changes it or takes it up again (docs "How subscriptions work",
    /// "Pending updates", "Pause subscriptions").
    static let waitSeconds = 23 * 3600

    mutating func scheduleExpiry(of subscription: String) { agenda.schedule(.expireIncomplete(subscription), at: now + Self.waitSeconds) }

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

    /// Begins a session's trial, which takes no money.
    mutating func startTrial(_ session: CheckoutSession, _ instrument: Instrument?) -> PageOutcome {
        guard let days = session.trialDays else { return .closed }
        if let decline = instrument?.testCard?.declineOnSession { return .declined(decline.message) }
        ensureCustomer(of: session.id)
        guard let session = sessions[session.id], let customer = session.customer else { return .closed }
        let method = instrument.map { makePaymentMethod($0, billing: session.billing ?? BillingDetails(), isSetUp: true) }
        if let method { attach(paymentMethod: method.id, to: customer) }
        var subscription = makeSubscription(for: session, status: .trialing, periodEnd: now + days * 86_400)
        subscription.discounts = makeDiscounts(session.discounts, for: subscription, session: session.id).map(\.id)
        subscription.defaultPaymentMethod = method?.id
        subscription.missingPaymentMethod = session.missingPaymentMethod
        let invoice = startTrial(subscription)
        return complete(session, by: subscription.id, invoice)
    }

    /// Begins a trial that lasts for the subscription's first period; answers its invoice.
    mutating func startTrial(_ new: Subscription) -> String {
        var subscription = new
        subscription.billingCycleAnchor = subscription.periodEnd
        subscription.trialStart = now
        subscription.trialEnd = subscription.periodEnd
        var invoice = firstInvoice(of: subscription, free: true)
        number(&invoice)
        markPaid(&invoice)
        insert(subscription, with: invoice)
        tellFirst(invoice)
        schedulePeriod(of: subscription)
        return invoice.id
    }

    private func makeSubscription(for session: CheckoutSession, status: Subscription.Status, periodEnd: Int) -> Subscription {
        var subscription = Subscription(
            id: Identifier.object("sub_"), created: now, customer: session.customer ?? "", currency: session.currency,
            items: session.lines.map { .init(id: Identifier.subscriptionItem(), price: $0.price, quantity: $0.quantity) }, status: status,
            billingCycleAnchor: now, periodStart: now, periodEnd: periodEnd, metadata: session.subscriptionMetadata)
        subscription.keepsMethod = true
        subscription.description = session.subscriptionDescription
        return subscription
    }
}
