extension Account {
    /// How long a bank takes that is said to be slow (docs "Accept a SEPA Direct Debit payment").
    private static let delaySeconds = 180

    /// Starts a debit: the charge is pending and the intent in processing until the bank decides.
    mutating func debit(paymentIntent id: String, from method: PaymentMethod) {
        guard var intent = paymentIntents[id], intent.status.isPayable, let bankAccount = method.instrument.testAccount else { return }
        var charge = makeCharge(for: intent, with: method)
        charge.isPending = true
        charges.insert(charge)
        intent.status = .processing
        intent.latestCharge = charge.id
        intent.paymentMethod = method.id
        intent.lastFailure = nil
        paymentIntents[id] = intent
        emit("charge.pending", charge)
        emit("payment_intent.processing", intent)
        agenda.schedule(.settleDebit(charge.id), at: now + (bankAccount.isDelayed ? Self.delaySeconds : Self.momentSeconds))
    }

    /// The bank has decided about a debit; the session it completed learns of it.
    mutating func settle(debit id: String) {
        guard var charge = charges[id], charge.isPending, var intent = paymentIntents[charge.paymentIntent] else { return }
        charge.isPending = false
        charge.failure = charge.instrument.testAccount?.failure
        charges[id] = charge
        if let failure = charge.failure {
            intent.status = .requiresPaymentMethod
            intent.lastFailure = PaymentIntent.Failure(decline: failure, charge: id, paymentMethod: charge.paymentMethod)
        } else {
            intent.status = .succeeded
            succeed(charge)
        }
        paymentIntents[intent.id] = intent
        emit(charge.succeeded ? "charge.succeeded" : "charge.failed", charge)
        emit(charge.succeeded ? "payment_intent.succeeded" : "payment_intent.payment_failed", intent)
        guard let session = sessions.all.first(where: { $0.paymentIntent == intent.id }) else { return }
        emit(charge.succeeded ? "checkout.session.async_payment_succeeded" : "checkout.session.async_payment_failed", session)
    }
}
