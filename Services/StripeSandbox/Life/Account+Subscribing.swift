/// How a subscription begins by a request, with a payment method that the customer has already.
extension Account {
    /// Makes what a request asks for and collects its first invoice.
    ///
    /// - Throws: `APIError` 402 where it must be paid at once and cannot be; nothing was made then.
    mutating func subscribe(_ request: SubscriptionRequest, _ version: APIVersion) throws(APIError) -> Subscription {
        let before = self
        var subscription = makeSubscription(request)
        subscription.discounts = makeDiscounts(request.discounts, for: subscription).map(\.id)
        if subscription.status == .trialing {
            _ = startTrial(subscription)
        } else if request.collection == .sendInvoice {
            startSending(subscription)
        } else {
            try start(subscription, request, version, undoing: before)
        }
        if let time = request.cancelAt { agenda.schedule(.cancel(subscription.id, at: time), at: time) }
        settleCharges()
        return subscriptions[subscription.id] ?? subscription
    }

    private func makeSubscription(_ request: SubscriptionRequest) -> Subscription {
        let end = request.trialEnd ?? BillingCycle.end(after: now, anchor: now)
        var subscription = Subscription(
            id: Identifier.object("sub_"), created: now, customer: request.customer.id, currency: request.currency, items: request.items,
            status: request.trialEnd == nil ? .active : .trialing, billingCycleAnchor: now, periodStart: now, periodEnd: end,
            metadata: request.metadata)
        subscription.defaultPaymentMethod = request.paymentMethod
        subscription.missingPaymentMethod = request.missingPaymentMethod
        subscription.collection = request.collection
        subscription.daysUntilDue = request.daysUntilDue
        subscription.savesDefaultMethod = request.savesDefaultMethod
        subscription.description = request.description
        subscription.keepsMethod = request.savesDefaultMethod
        if request.cancelAtPeriodEnd || request.cancelAt != nil {
            subscription.cancelAtPeriodEnd = request.cancelAtPeriodEnd
            subscription.cancelAt = request.cancelAt ?? end
            subscription.canceledAt = now
            subscription.cancellation = .init(reason: "cancellation_requested")
        }
        return subscription
    }

    /// Its first invoice is a draft for an hour and then sent; nobody waits for the money.
    private mutating func startSending(_ new: Subscription) {
        var invoice = firstInvoice(of: new)
        invoice.status = .draft
        insert(new, with: invoice)
        emit("invoice.created", invoice)
        scheduleFinalization(of: invoice.id)
        began(subscription: new.id)
    }

    private mutating func start(
        _ new: Subscription, _ request: SubscriptionRequest, _ version: APIVersion, undoing before: Account
    ) throws(APIError) {
        var subscription = new
        let customer = customers[subscription.customer]?.rendered(settings.eventVersion, in: self)
        var invoice = firstInvoice(of: subscription)
        number(&invoice)
        let intent = invoice.amountDue > 0 ? makeFirstIntent(invoice) : nil
        if let intent, request.paymentBehavior != .defaultIncomplete, let method = paymentMethod(of: subscription) {
            _ = take(paymentIntent: intent, from: method, offSession: request.isOffSession)
            if subscription.keepsMethod && paymentIntents[intent]?.status == .succeeded { subscription.defaultPaymentMethod = method.id }
        }
        let isPaid = paymentIntents[intent].map { $0.status == .succeeded } ?? true
        guard isPaid || request.paymentBehavior != .errorIfIncomplete else {
            let refusal = unpaid(intent, version)
            self = before
            throw refusal
        }
        if !isPaid { subscription.status = .incomplete }
        begin(subscription, with: invoice, paidBy: intent)
        if let customer { tellUpdate(of: subscription.customer, before: customer) }
        settleFirst(invoice.id, paidBy: intent)
        if isPaid { began(subscription: subscription.id) } else { scheduleExpiry(of: subscription.id) }
    }
}
