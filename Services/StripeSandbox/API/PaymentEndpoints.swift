extension Endpoint {
    static let payments = [
        retrieve("/v1/payment_intents/:intent", \.paymentIntents, param: "intent"),
        Endpoint("GET", "/v1/payment_intents") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.text("customer")
            try call.parameters.finish()
            return try page.list(account.paymentIntents, of: account, call.version, url: "/v1/payment_intents") {
                customer == nil || $0.customer == customer
            }
        },
        Endpoint("POST", "/v1/payment_intents") { account, call throws(APIError) in
            let request = try PaymentIntentRequest(&call.parameters, in: &account)
            let intent = account.makePaymentIntent(request)
            if let method = request.paymentMethod, let confirmation = request.confirmation {
                try account.confirm(intent.id, with: method, confirmation, call.version)
            }
            return try account.paymentIntents.find(intent.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/payment_intents/:intent", updateIntent),
        Endpoint("POST", "/v1/payment_intents/:intent/confirm", confirmIntent),
        Endpoint("POST", "/v1/payment_intents/:intent/cancel", cancelIntent),
        retrieve("/v1/charges/:charge", \.charges),
        Endpoint("GET", "/v1/charges") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.text("customer")
            let intent = try call.parameters.text("payment_intent")
            try call.parameters.finish()
            return try page.list(account.charges, of: account, call.version, url: "/v1/charges") {
                (customer == nil || $0.customer == customer) && (intent == nil || $0.paymentIntent == intent)
            }
        },
    ]

    @Sendable
    private static func updateIntent(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let intent = try account.paymentIntents.find(call.id, param: "intent")
        let metadata = try call.parameters.metadata().applied(to: intent.metadata)
        let description = try call.parameters.given("description")
        try call.parameters.finish()
        account.paymentIntents[call.id]?.metadata = metadata
        if let description { account.paymentIntents[call.id]?.description = description.isEmpty ? nil : description }
        return try account.paymentIntents.find(call.id).rendered(call.version, in: account)
    }

    @Sendable
    private static func confirmIntent(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let intent = try account.paymentIntents.find(call.id, param: "intent")
        let given = try call.parameters.text("payment_method")
        let confirmation = try PaymentIntentRequest.Confirmation(&call.parameters)
        try call.parameters.finish()
        guard intent.status.isPayable else { throw account.unexpected(intent, "confirm", call.version) }
        let method =
            if let given { try account.method(named: given, param: "payment_method", for: intent.customer).id } else {
                intent.paymentMethod
            }
        guard let method else {
            throw .invalidRequest(
                "You cannot confirm this PaymentIntent because it's missing a payment method.", code: "payment_intent_unexpected_state")
        }
        if intent.invoice == nil { try account.checkType(of: method, among: intent.paymentMethodTypes) }
        try account.confirm(call.id, with: method, confirmation, call.version)
        return try account.paymentIntents.find(call.id).rendered(call.version, in: account)
    }

    @Sendable
    private static func cancelIntent(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let intent = try account.paymentIntents.find(call.id, param: "intent")
        let reasons = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"]
        let reason = try call.parameters.choice("cancellation_reason", reasons)
        try call.parameters.finish()
        guard intent.status.isPayable else { throw account.unexpected(intent, "cancel", call.version) }
        if intent.invoice != nil {
            throw .invalidRequest("This PaymentIntent pays an invoice; void the invoice instead.", code: "payment_intent_unexpected_state")
        }
        account.cancel(paymentIntent: call.id, because: reason)
        return try account.paymentIntents.find(call.id).rendered(call.version, in: account)
    }
}

extension Account {
    /// Confirms an intent; one that an invoice waits for pays the invoice.
    ///
    /// - Throws: `APIError` 402 when the payment failed; the intent stays and can be tried again.
    fileprivate mutating func confirm(
        _ id: String, with methodID: String, _ confirmation: PaymentIntentRequest.Confirmation, _ version: APIVersion
    ) throws(APIError) {
        defer { settleCharges() }
        guard let method = paymentMethods[methodID], let intent = paymentIntents[id] else { return }
        let isAlone = confirmation.isOffSession || confirmation.failsWhenAsked
        let failure: PaymentIntent.Failure? =
            if let invoice = intent.invoice {
                collectOrAsk(invoice: invoice, automatic: false, with: method, offSession: isAlone)
            } else {
                take(paymentIntent: id, from: method, offSession: isAlone)
            }
        if let failure { throw refusal(failure, intent: id, code: failure.decline.code, version) }
    }

    fileprivate func unexpected(_ intent: PaymentIntent, _ what: String, _ version: APIVersion) -> APIError {
        var error = APIError.invalidRequest(
            "You cannot \(what) this PaymentIntent because it has a status of \(intent.status.rawValue).",
            code: "payment_intent_unexpected_state")
        error.paymentIntent = intent.rendered(version, in: self)
        return error
    }
}
