extension Account {
    /// Tries to take a payment intent's money from a card and tells of it. Nil when it succeeded.
    ///
    /// Does nothing and succeeds when the money was taken before.
    mutating func charge(paymentIntent id: String, with method: PaymentMethod, onSession: Bool) -> PaymentIntent.Failure? {
        guard var intent = paymentIntents[id], intent.status.isPayable else { return nil }
        let decline = method.decline(onSession: onSession)
        let charge = makeCharge(for: intent, with: method, failure: decline)
        charges.insert(charge)
        intent.charges.append(charge.id)
        if let decline {
            intent.lastFailure = PaymentIntent.Failure(decline: decline, charge: charge.id, paymentMethod: method.id)
            // Nobody was there to be asked: the intent waits until somebody is.
            let waits = decline == .authenticationRequired
            intent.status = waits ? .requiresAction : .requiresPaymentMethod
            intent.paymentMethod = waits ? method.id : nil
            intent.challenge = waits ? PaymentIntent.Challenge(paymentMethod: method.id) : nil
        } else {
            intent.status = .succeeded
            intent.lastFailure = nil
            intent.paymentMethod = method.id
            succeed(charge)
        }
        paymentIntents[id] = intent
        emit(decline == nil ? "charge.succeeded" : "charge.failed", charge)
        emit(Self.event(of: intent.status), intent)
        return intent.lastFailure
    }

    private static func event(of status: PaymentIntent.Status) -> String {
        switch status {
        case .succeeded: "payment_intent.succeeded"
        case .requiresAction: "payment_intent.requires_action"
        case .processing: "payment_intent.processing"
        case .canceled: "payment_intent.canceled"
        case .requiresPaymentMethod, .requiresConfirmation: "payment_intent.payment_failed"
        }
    }

    /// A new attempt on a payment intent; not yet told of.
    func makeCharge(for intent: PaymentIntent, with method: PaymentMethod, failure: Decline? = nil) -> Charge {
        Charge(
            id: Identifier.object("ch_"), created: now, amount: intent.amount, currency: intent.currency, customer: intent.customer,
            paymentIntent: intent.id, invoice: intent.invoice, description: intent.description, paymentMethod: method.id,
            instrument: method.instrument, billing: method.billing, failure: failure, metadata: intent.metadata,
            receiptToken: Identifier.random(40), receiptKind: intent.invoice == nil ? "payment" : "invoices")
    }

    /// What follows a charge that brought money: it settles, and a customer who means to object does so a moment later.
    mutating func succeed(_ charge: Charge) {
        unsettledCharges.append(charge.id)
        guard let complaint = charge.instrument.complaint else { return }
        agenda.schedule(.disputeCharge(charge.id, complaint), at: now + Self.momentSeconds)
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
