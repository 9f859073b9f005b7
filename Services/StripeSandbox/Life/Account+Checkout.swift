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
    /// A session paid before stays as it was and answers `paid`, so a form sent twice pays once.
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
        if session.mode == .subscription { ensureCustomer(of: &session) }
        sessions[id] = session
        if session.isTrial { return startTrial(session, instrument?.testCard) }
        guard let instrument else { return .declined("Your card number is incomplete.") }
        return session.mode == .subscription ? startSubscription(session, instrument) : payOnce(session, instrument)
    }

    /// Charges an open session's payment to a card whose holder is there and has proved who they are, where that was asked.
    mutating func finish(session id: String, with methodID: String) -> PageOutcome {
        guard let session = sessions[id], session.status == .open, let method = paymentMethods[methodID] else { return .closed }
        return session.mode == .subscription ? chargeFirstInvoice(session, method) : chargeOnce(session, method)
    }

    private mutating func ensureCustomer(of session: inout CheckoutSession) {
        guard session.customer == nil else { return }
        session.customer = makeCustomer(email: session.billing?.email, name: session.billing?.name).id
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

    // MARK: One payment

    private mutating func payOnce(_ session: CheckoutSession, _ instrument: Instrument) -> PageOutcome {
        var session = session
        if session.amountTotal == 0 {
            for use in session.discounts { redeem(use) }
            return complete(session.id) { _ in }
        }
        if session.pendingPaymentIntent == nil {
            let intentID = Identifier.object("pi_")
            var intent = PaymentIntent(
                id: intentID, created: now, amount: session.amountTotal, currency: session.currency, customer: session.customer,
                invoice: nil, description: nil, clientSecret: Identifier.secret(of: intentID), metadata: session.paymentMetadata)
            intent.paymentMethodTypes = session.paymentMethodTypes
            paymentIntents.insert(intent)
            emit("payment_intent.created", intent)
            session.pendingPaymentIntent = intentID
            sessions[session.id] = session
        }
        guard let intent = session.pendingPaymentIntent else { return .closed }
        let method = makePaymentMethod(instrument, billing: session.billing ?? BillingDetails())
        return method.needsChallenge ? challenge(paymentIntent: intent, with: method, for: session.id) : chargeOnce(session, method)
    }

    private mutating func chargeOnce(_ session: CheckoutSession, _ method: PaymentMethod) -> PageOutcome {
        guard let intent = session.pendingPaymentIntent else { return .closed }
        if method.instrument.testAccount != nil {
            debit(paymentIntent: intent, from: method)
        } else if let failure = charge(paymentIntent: intent, with: method, onSession: true) {
            return .declined(failure.decline.message)
        }
        for use in session.discounts { redeem(use) }
        return complete(session.id) { $0.paymentIntent = intent }
    }
}
