extension Account {
    /// What came of a try to pay on a hosted page.
    enum PageOutcome: Sendable, Equatable {
        case paid
        case declined(String)
        /// The customer has to prove who they are, at this address.
        case challenged(String)
        /// The page is not open for payment: paid elsewhere, expired, void.
        case closed
    }

    /// Pays an open session with the card entered on its page.
    mutating func pay(session id: String, with card: TestCard?, billing: BillingDetails) -> PageOutcome {
        pay(session: id, from: card.map(Instrument.card), billing: billing)
    }

    /// Pays an open session with the card or from the bank account entered on its page.
    ///
    /// A session paid before stays as it was and answers `paid`, so a form sent twice pays once. The payment comes first; what it is for
    /// is made when it has succeeded, so that a declined try leaves no more than a payment intent. Only versions before 2025-03-31 begin
    /// with an incomplete subscription (changelog "Checkout Sessions have lower latency and new update semantics").
    ///
    /// - Parameter instrument: nil only where a trial needs none.
    mutating func pay(session id: String, from instrument: Instrument?, billing: BillingDetails) -> PageOutcome {
        defer { settleCharges() }
        guard var session = sessions[id] else { return .closed }
        if session.status == .complete { return .paid }
        guard session.status == .open else { return .closed }
        if let instrument, !session.paymentMethodTypes.contains(instrument.type) {
            return .declined("This page does not take this payment method.")
        }
        var billing = billing
        billing.email = billing.email ?? customers[session.customer]?.email ?? session.customerEmail
        billing.name = billing.name ?? customers[session.customer]?.name
        session.billing = billing
        sessions[id] = session
        if session.isTrial { return startTrial(session, instrument) }
        guard let instrument else { return .declined("Your card number is incomplete.") }
        let method = makePaymentMethod(instrument, billing: billing)
        return session.mode == .subscription && settings.eventVersion.isLegacy
            ? openSubscription(session, method) : payFirst(session, method)
    }

    /// Charges an open session's payment to a card whose holder is there and has proved who they are, where that was asked.
    mutating func finish(session id: String, with methodID: String) -> PageOutcome {
        guard let session = sessions[id], session.status == .open, let method = paymentMethods[methodID] else { return .closed }
        return session.pendingSubscription == nil ? take(session, from: method) : chargeFirstInvoice(session, method)
    }

    /// A session has done what it was for.
    mutating func complete(_ id: String, _ edit: (inout CheckoutSession) -> Void) -> PageOutcome {
        guard var session = sessions[id] else { return .closed }
        session.status = .complete
        edit(&session)
        sessions[id] = session
        emit("checkout.session.completed", session)
        return .paid
    }

    /// Keeps the method that a session is paid with, for the customer that it is to have.
    mutating func save(_ method: String, for id: String) {
        guard var session = sessions[id] else { return }
        if session.customer == nil && session.createsCustomer {
            session.customer = makeCustomer(email: session.billing?.email, name: session.billing?.name).id
            sessions[id] = session
        }
        guard let customer = session.customer else { return }
        if let intent = session.pendingPaymentIntent { paymentIntents[intent]?.customer = customer }
        guard session.savesMethod else { return }
        paymentMethods[method]?.isSetUp = true
        attach(paymentMethod: method, to: customer)
    }

    // MARK: The payment

    private mutating func payFirst(_ session: CheckoutSession, _ method: PaymentMethod) -> PageOutcome {
        if !method.needsChallenge && method.isAccepted { save(method.id, for: session.id) }
        guard let session = sessions[session.id] else { return .closed }
        if session.amountTotal == 0 { return conclude(session, with: method.id, paidBy: nil) }
        let intent = session.pendingPaymentIntent ?? makePaymentIntent(for: session)
        return method.needsChallenge
            ? challenge(paymentIntent: intent, with: method, for: session.id) : finish(session: session.id, with: method.id)
    }

    private mutating func makePaymentIntent(for session: CheckoutSession) -> String {
        var intent = PaymentIntent(
            created: now, amount: session.amountTotal, currency: session.currency, customer: session.customer,
            description: session.mode == .subscription ? "Subscription creation" : nil, metadata: session.paymentMetadata)
        intent.paymentMethodTypes = session.paymentMethodTypes
        intent.savesMethod = session.savesMethod
        intent.session = session.id
        paymentIntents.insert(intent)
        emit("payment_intent.created", intent)
        sessions[session.id]?.pendingPaymentIntent = intent.id
        return intent.id
    }

    private mutating func take(_ session: CheckoutSession, from method: PaymentMethod) -> PageOutcome {
        guard let intent = session.pendingPaymentIntent else { return .closed }
        if method.isAccepted { save(method.id, for: session.id) }
        if method.instrument.testAccount != nil {
            debit(paymentIntent: intent, from: method)
        } else if let failure = charge(paymentIntent: intent, with: method, onSession: true) {
            return .declined(failure.decline.message)
        }
        return sessions[session.id].map { conclude($0, with: method.id, paidBy: intent) } ?? .closed
    }

    /// The payment is made or, by a debit, on its way.
    private mutating func conclude(_ session: CheckoutSession, with method: String, paidBy intent: String?) -> PageOutcome {
        if session.mode == .subscription { return begin(session, with: method, paidBy: intent) }
        for use in session.discounts { redeem(use) }
        return complete(session.id) { $0.paymentIntent = intent }
    }
}
