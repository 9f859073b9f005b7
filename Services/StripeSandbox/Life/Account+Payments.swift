/// Payments that a request makes by itself, without a session or an invoice.
extension Account {
    /// Makes a payment intent, told of.
    mutating func makePaymentIntent(_ request: PaymentIntentRequest) -> PaymentIntent {
        var intent = PaymentIntent(
            created: now, amount: request.amount, currency: request.currency, customer: request.customer,
            description: request.description, metadata: request.metadata)
        intent.paymentMethodTypes = request.paymentMethodTypes
        intent.savesMethod = request.savesMethod
        if let method = request.paymentMethod {
            intent.paymentMethod = method
            intent.status = .requiresConfirmation
        }
        paymentIntents.insert(intent)
        emit("payment_intent.created", intent)
        return intent
    }

    /// Tries to take an intent's money with a method, as its confirmation does. A bank may ask a customer who is there who they are.
    ///
    /// - Returns: why it failed; nil when it succeeded, waits for the customer, or is on its way.
    mutating func take(paymentIntent id: String, from method: PaymentMethod, offSession: Bool) -> PaymentIntent.Failure? {
        let isProven = paymentIntents[id]?.challenge?.paymentMethod == method.id && paymentIntents[id]?.status != .requiresAction
        if method.instrument.isDelayed {
            debit(paymentIntent: id, from: method)
        } else if !offSession && method.needsNewChallenge && !isProven {
            _ = challenge(paymentIntent: id, with: method)
            return nil
        } else if let failure = charge(paymentIntent: id, with: method, onSession: !offSession) {
            return failure
        }
        if let intent = paymentIntents[id], intent.savesMethod, let customer = intent.customer {
            if !offSession { paymentMethods[method.id]?.isSetUp = true }
            attach(paymentMethod: method.id, to: customer)
        }
        return nil
    }

    /// Tries to collect an open invoice; a customer who is there is asked by the bank first, where it asks.
    @discardableResult
    mutating func collectOrAsk(
        invoice id: String, automatic: Bool, with given: PaymentMethod? = nil, offSession: Bool
    ) -> PaymentIntent.Failure? {
        let subscription = subscriptions[invoices[id]?.subscription]
        guard !offSession, let method = given ?? subscription.flatMap({ paymentMethod(of: $0) }), method.needsNewChallenge,
            let intent = invoices[id]?.paymentIntent
        else { return collect(invoice: id, automatic: automatic, with: given, onSession: !offSession) }
        _ = challenge(paymentIntent: intent, with: method)
        recordFailure(of: id, automatic: automatic)
        return nil
    }

    /// Ends an intent that has not succeeded.
    mutating func cancel(paymentIntent id: String, because reason: String?) {
        guard var intent = paymentIntents[id] else { return }
        intent.cancel(at: now, because: reason)
        paymentIntents[id] = intent
        emit("payment_intent.canceled", intent)
    }

    /// The 402 that tells of a payment which was not made.
    ///
    /// - Parameter waiting: the code where the customer could still make it by proving who they are.
    func refusal(_ failure: PaymentIntent.Failure, intent: String?, code waiting: String, _ version: APIVersion) -> APIError {
        let waits = paymentIntents[intent]?.status == .requiresAction
        return APIError(
            status: 402, type: "card_error",
            message: waits
                ? "This payment requires additional user action before it can be completed successfully." : failure.decline.message,
            code: waits ? waiting : failure.decline.code, declineCode: failure.decline.declineCode, charge: failure.charge,
            paymentIntent: paymentIntents[intent]?.rendered(version, in: self),
            paymentMethod: paymentMethods[failure.paymentMethod]?.rendered(version, in: self))
    }

    /// A saved payment method, or a new one of Stripe's ready-made test methods (`pm_card_visa`).
    ///
    /// - Throws: `APIError` 400 where the parameter names neither.
    mutating func method(named id: String, param: String, for customer: String? = nil) throws(APIError) -> PaymentMethod {
        if let card = TestCard.readyMade[id] {
            return makePaymentMethod(.card(card), billing: customer.map { billingDetails(of: $0) } ?? BillingDetails(country: nil))
        }
        if let account = TestBankAccount.readyMade[id] {
            return makePaymentMethod(.bankAccount(account), billing: BillingDetails(country: nil))
        }
        return try paymentMethods.named(id, param: param)
    }
}
