extension Account {
    /// Sends the customer to the bank before the card is charged; the intent waits for what comes of it.
    ///
    /// - Parameter session: what the payment completes; nil for an invoice.
    mutating func challenge(paymentIntent id: String, with method: PaymentMethod, for session: String? = nil) -> PageOutcome {
        guard var intent = paymentIntents[id], intent.status.isPayable else { return .closed }
        intent.status = .requiresAction
        intent.paymentMethod = method.id
        intent.lastFailure = nil
        intent.challenge = PaymentIntent.Challenge(paymentMethod: method.id, session: session)
        paymentIntents[id] = intent
        emit("payment_intent.requires_action", intent)
        return .challenged(challengeURL(of: intent))
    }

    /// The customer comes back from the bank, having proved who they are or not.
    ///
    /// A form sent twice pays once: an intent that has succeeded answers `paid`.
    mutating func authenticate(paymentIntent id: String, succeeds: Bool) -> PageOutcome {
        defer { settleCharges() }
        guard var intent = paymentIntents[id], let challenge = intent.challenge else { return .closed }
        if intent.status == .succeeded { return .paid }
        guard intent.status == .requiresAction, isOpen(challenge, of: intent) else { return .closed }
        intent.status = .requiresPaymentMethod
        intent.paymentMethod = nil
        guard succeeds else {
            intent.lastFailure = PaymentIntent.Failure(
                decline: .failedAuthentication, charge: nil, paymentMethod: challenge.paymentMethod)
            paymentIntents[id] = intent
            emit("payment_intent.payment_failed", intent)
            return .declined(Decline.failedAuthentication.message)
        }
        paymentIntents[id] = intent
        paymentMethods[challenge.paymentMethod]?.isSetUp = true
        if let session = challenge.session { return finish(session: session, with: challenge.paymentMethod) }
        if let invoice = intent.invoice { return finish(invoice: invoice, with: challenge.paymentMethod) }
        guard let method = paymentMethods[challenge.paymentMethod] else { return .closed }
        return take(paymentIntent: id, from: method, offSession: false).map { .declined($0.decline.message) } ?? .paid
    }

    private func isOpen(_ challenge: PaymentIntent.Challenge, of intent: PaymentIntent) -> Bool {
        if let session = sessions[challenge.session] { return session.status == .open }
        return intent.invoice == nil || invoices[intent.invoice]?.isPayable == true
    }

    /// Where the customer meets the bank.
    func challengeURL(of intent: PaymentIntent) -> String { "\(publicURL)/3ds/\(intent.id)" }
}
