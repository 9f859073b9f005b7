extension Account {
    /// Tries to take a payment intent's money from a card and tells of it. Nil when it succeeded.
    ///
    /// Does nothing and succeeds when the money was taken before.
    mutating func charge(paymentIntent id: String, with method: PaymentMethod, onSession: Bool) -> PaymentIntent.Failure? {
        guard var intent = paymentIntents[id], intent.status == .requiresPaymentMethod else { return nil }
        let decline = method.card.decline(onSession: onSession)
        let charge = Charge(
            id: Identifier.object("ch_"), created: now, amount: intent.amount, currency: intent.currency, customer: intent.customer,
            paymentIntent: id, invoice: intent.invoice, description: intent.description, paymentMethod: method.id, card: method.card,
            billing: method.billing, failure: decline, metadata: intent.metadata, receiptToken: Identifier.random(40))
        charges.insert(charge)
        intent.latestCharge = charge.id
        if let decline {
            intent.lastFailure = PaymentIntent.Failure(decline: decline, charge: charge.id, paymentMethod: method.id)
            intent.paymentMethod = nil
        } else {
            intent.status = .succeeded
            intent.lastFailure = nil
            intent.paymentMethod = method.id
            unsettledCharges.append(charge.id)
            if let complaint = method.card.complaint {
                agenda.schedule(.disputeCharge(charge.id, complaint), at: now + Self.momentSeconds)
            }
        }
        paymentIntents[id] = intent
        emit(decline == nil ? "charge.succeeded" : "charge.failed", charge)
        emit(decline == nil ? "payment_intent.succeeded" : "payment_intent.payment_failed", intent)
        return intent.lastFailure
    }

    /// Gives the charges made since the last call their balance transactions. Stripe does so a few seconds after the charge;
    /// here it is the last thing of whatever made the charge.
    mutating func settleCharges() {
        let charges = unsettledCharges
        unsettledCharges = []
        for id in charges {
            change(\.charges, id, event: "charge.updated") { $0.balanceTransaction = Identifier.object("txn_") }
        }
    }
}
