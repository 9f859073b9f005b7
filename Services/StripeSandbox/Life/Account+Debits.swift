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
        intent.charges.append(charge.id)
        intent.paymentMethod = method.id
        intent.lastFailure = nil
        paymentIntents[id] = intent
        emit("charge.pending", charge)
        emit("payment_intent.processing", intent)
        guard bankAccount.pace != .never else { return }
        let seconds = settings.debitSeconds ?? (bankAccount.pace == .minutes ? Self.delaySeconds : Self.momentSeconds)
        agenda.schedule(.settleDebit(charge.id), at: now + seconds)
    }

    /// Starts the debit that is to pay an invoice: it stays open, and its subscription as it is, until the bank has decided.
    mutating func sendDebit(for id: String, automatic: Bool, from method: PaymentMethod) {
        guard var invoice = invoices[id], let intent = invoice.paymentIntent else { return }
        let before = invoice.rendered(settings.eventVersion, in: self)
        debit(paymentIntent: intent, from: method)
        invoice.countAttempt(automatic: automatic)
        invoice.nextPaymentAttempt = nil
        invoices[id] = invoice
        tellUpdate(of: invoice, before: before)
    }

    /// The bank has decided about a debit; the session it completed and the invoice that it was for learn of it.
    mutating func settle(debit id: String) {
        guard var charge = charges[id], charge.isPending, var intent = paymentIntents[charge.paymentIntent] else { return }
        let before = invoices[intent.invoice]?.rendered(settings.eventVersion, in: self)
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
        if let before, let invoice = intent.invoice { settleDebit(of: invoice, charge, before: before) }
        guard let session = sessions[intent.session] else { return }
        emit(charge.succeeded ? "checkout.session.async_payment_succeeded" : "checkout.session.async_payment_failed", session)
    }

    private mutating func settleDebit(of id: String, _ charge: Charge, before: JSON) {
        if charge.succeeded {
            tellPayment(of: id, before: before)
            settle(invoice: id, with: charge.paymentMethod)
        } else {
            recordFailure(of: id, automatic: true, before: before, isCounted: true)
            let subscription = subscriptions[invoices[id]?.subscription]
            if let subscription, subscription.status == .incomplete { scheduleExpiry(of: subscription.id) }
        }
    }
}
