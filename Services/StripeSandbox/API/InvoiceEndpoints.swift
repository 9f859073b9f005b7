extension Endpoint {
    static let invoices = [
        retrieve("/v1/invoices/:invoice", \.invoices, param: "invoice"),
        Endpoint("GET", "/v1/invoices") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.text("customer")
            let subscription = try call.parameters.text("subscription")
            let status = try call.parameters.choice("status", ["draft", "open", "paid", "uncollectible", "void"])
            _ = try call.parameters.choice("collection_method", ["charge_automatically"])
            try call.parameters.finish()
            if let customer { _ = try account.customers.find(customer, param: "customer") }
            return try page.list(account.invoices, of: account, call.version, url: "/v1/invoices") { invoice in
                (customer == nil || invoice.customer == customer) && (subscription == nil || invoice.subscription == subscription)
                    && (status == nil || invoice.status.rawValue == status)
            }
        },
        Endpoint("POST", "/v1/invoices/:invoice/pay", pay),
        retrieve("/v1/invoice_payments/:payment", \.invoicePayments, param: "invoice_payment"),
        Endpoint("GET", "/v1/invoice_payments") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let invoice = try call.parameters.text("invoice")
            let status = try call.parameters.choice("status", ["open", "paid", "canceled"])
            var payment = try call.parameters.group("payment")
            let type = try payment.choice("type", ["payment_intent", "charge"])
            let intent = try payment.text("payment_intent")
            try payment.finish()
            try call.parameters.finish()
            if intent != nil && type == nil { throw .missing("payment[type]") }
            return try page.list(account.invoicePayments, of: account, call.version, url: "/v1/invoice_payments") { row in
                (invoice == nil || row.invoice == invoice) && (status == nil || row.status == status)
                    && (intent == nil || row.paymentIntent == intent) && type != "charge"
            }
        },
    ]

    @Sendable
    private static func pay(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let methodID = try call.parameters.text("payment_method")
        call.parameters.ignore("off_session")
        try call.parameters.finish()
        let invoice = try account.invoices.find(call.id, param: "invoice")
        if invoice.status == .paid {
            throw .invalidRequest("Invoice is already paid", code: "invoice_already_paid")
        }
        if invoice.status == .draft { account.finalizeForPayment(invoice: call.id) }
        guard account.invoices[call.id]?.status == .open else {
            throw .invalidRequest("Invoice is \(invoice.status.rawValue) and can no longer be paid.", code: "invoice_not_editable")
        }
        var method: PaymentMethod?
        if let methodID {
            method = try account.paymentMethods.find(methodID, param: "payment_method")
        } else if let subscription = account.subscriptions[invoice.subscription] {
            method = account.paymentMethod(of: subscription)
        }
        guard let method else {
            throw .invalidRequest(
                "There is no `default_payment_method` set on this Customer or Invoice. Please set either property and try again.",
                code: "missing_payment_method")
        }
        if let failure = account.collect(invoice: call.id, automatic: false, with: method) {
            throw account.cardError(failure, intent: invoice.paymentIntent, call.version)
        }
        account.settleCharges()
        return try account.invoices.find(call.id).rendered(call.version, in: account)
    }
}

extension Account {
    /// A draft that someone pays ahead of its time, or that nobody was to charge.
    fileprivate mutating func finalizeForPayment(invoice id: String) {
        guard var invoice = invoices[id], invoice.status == .draft else { return }
        number(&invoice)
        invoices[id] = invoice
        let intent = makePaymentIntent(for: id, description: "Subscription update")
        if let finalized = invoices[id] { emit("invoice.finalized", finalized) }
        if let intent { emit("payment_intent.created", intent) }
    }

    /// The 402 that tells of a declined card.
    fileprivate func cardError(_ failure: PaymentIntent.Failure, intent: String?, _ version: APIVersion) -> APIError {
        let waits = paymentIntents[intent]?.status == .requiresAction
        return APIError(
            status: 402, type: "card_error",
            message: waits
                ? "This payment requires additional user action before it can be completed successfully." : failure.decline.message,
            code: waits ? "invoice_payment_intent_requires_action" : failure.decline.code,
            declineCode: failure.decline.declineCode, charge: failure.charge,
            paymentIntent: paymentIntents[intent]?.rendered(version, in: self),
            paymentMethod: paymentMethods[failure.paymentMethod]?.rendered(version, in: self))
    }
}
