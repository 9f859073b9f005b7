extension Endpoint {
    static let invoices = [
        retrieve("/v1/invoices/:invoice", \.invoices, param: "invoice"),
        Endpoint("GET", "/v1/invoices") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.text("customer")
            let subscription = try call.parameters.text("subscription")
            let status = try call.parameters.choice("status", ["draft", "open", "paid", "uncollectible", "void"])
            let collection = try call.parameters.choice("collection_method", ["charge_automatically", "send_invoice"])
            try call.parameters.finish()
            if let customer { _ = try account.customers.named(customer, param: "customer") }
            return try page.list(account.invoices, of: account, call.version, url: "/v1/invoices") { invoice in
                (customer == nil || invoice.customer == customer) && (subscription == nil || invoice.subscription == subscription)
                    && (status == nil || invoice.status.rawValue == status)
                    && (collection == nil || invoice.collection.rawValue == collection)
            }
        },
        Endpoint("POST", "/v1/invoices/create_preview") { account, call throws(APIError) in
            try PreviewRequest(&call.parameters, in: account).invoice.rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/invoices/:invoice", update),
        Endpoint("DELETE", "/v1/invoices/:invoice") { account, call throws(APIError) in
            try call.parameters.finish()
            let invoice = try account.invoices.find(call.id, param: "invoice")
            // All invoices here are a subscription's (docs "Invoice States").
            throw invoice.refusal(
                invoice.status == .draft ? "You can't delete invoices created by subscriptions." : "You can only delete draft invoices.")
        },
        Endpoint("POST", "/v1/invoices/:invoice/pay", pay),
        Endpoint("POST", "/v1/invoices/:invoice/finalize", finalize),
        Endpoint("POST", "/v1/invoices/:invoice/send") { account, call throws(APIError) in
            try call.parameters.finish()
            let invoice = try account.invoices.find(call.id, param: "invoice")
            if invoice.collection != .sendInvoice {
                throw invoice.refusal("You can only manually send an invoice if its collection method is 'send_invoice'.")
            }
            if invoice.status == .draft { account.makeFinal(invoice: call.id) }
            guard account.invoices[call.id]?.status == .open else { throw invoice.refusal("You can't send this invoice.") }
            account.send(invoice: call.id)
            return try account.invoices.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/invoices/:invoice/void") { account, call throws(APIError) in
            try call.parameters.finish()
            let invoice = try account.invoices.find(call.id, param: "invoice")
            guard invoice.isPayable else { throw invoice.refusal("You can only void open and uncollectible invoices.") }
            account.void(invoice: call.id)
            return try account.invoices.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/invoices/:invoice/mark_uncollectible") { account, call throws(APIError) in
            try call.parameters.finish()
            let invoice = try account.invoices.find(call.id, param: "invoice")
            guard invoice.status == .open else { throw invoice.refusal("You can only mark open invoices as uncollectible.") }
            account.writeOff(invoice: call.id, because: "user_forgiven")
            account.settle(invoice: call.id)
            account.settleCharges()
            return try account.invoices.find(call.id).rendered(call.version, in: account)
        },
        retrieve("/v1/invoice_payments/:payment", \.invoicePayments, param: "invoice_payment"),
        Endpoint("GET", "/v1/invoice_payments", listPayments),
    ]

    @Sendable
    private static func listPayments(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
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
    }

    @Sendable
    private static func update(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let invoice = try account.invoices.find(call.id, param: "invoice")
        let advances = try call.parameters.flag("auto_advance")
        let metadata = try call.parameters.metadata().applied(to: invoice.metadata)
        call.parameters.ignore("description", "footer")
        try call.parameters.finish()
        if let advances, advances != invoice.autoAdvance, invoice.status != .draft && invoice.status != .open {
            throw invoice.refusal("Finalized invoices can't be updated in this way")
        }
        account.change(\.invoices, call.id, event: "invoice.updated") {
            $0.metadata = metadata
            $0.autoAdvance = advances ?? $0.autoAdvance
            if advances == false { $0.nextPaymentAttempt = nil }
        }
        if advances == true && !invoice.autoAdvance { account.advance(invoice: call.id) }
        return try account.invoices.find(call.id).rendered(call.version, in: account)
    }

    @Sendable
    private static func finalize(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let advances = try call.parameters.flag("auto_advance")
        try call.parameters.finish()
        let invoice = try account.invoices.find(call.id, param: "invoice")
        guard invoice.status == .draft else {
            throw invoice.refusal("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
        }
        if let advances { account.invoices[call.id]?.autoAdvance = advances }
        account.makeFinal(invoice: call.id)
        if account.invoices[call.id]?.autoAdvance == true { account.advance(invoice: call.id) }
        return try account.invoices.find(call.id).rendered(call.version, in: account)
    }

    @Sendable
    private static func pay(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let methodID = try call.parameters.text("payment_method")
        let isOffSession = try call.parameters.flag("off_session") ?? true
        let isOutOfBand = try call.parameters.flag("paid_out_of_band") ?? false
        try call.parameters.finish()
        let invoice = try account.invoices.find(call.id, param: "invoice")
        if invoice.status == .paid { throw .invalidRequest("Invoice is already paid", code: "invoice_already_paid") }
        let method: PaymentMethod? =
            if let methodID { try account.method(named: methodID, param: "payment_method", for: invoice.customer) } else { nil }
        if invoice.status == .draft { account.makeFinal(invoice: call.id) }
        defer { account.settleCharges() }
        if isOutOfBand {
            guard account.invoices[call.id]?.isPayable == true else { throw invoice.refusal("This invoice can no longer be paid.") }
            account.payOutOfBand(invoice: call.id)
        } else if account.invoices[call.id]?.status != .paid {
            try account.collectNow(call.id, with: method, isOffSession: isOffSession, call.version)
        }
        return try account.invoices.find(call.id).rendered(call.version, in: account)
    }
}

extension Account {
    /// Tries to collect an invoice because the seller asks for it.
    ///
    /// - Throws: `APIError` 400 when there is nothing to charge, 402 when the charge failed.
    fileprivate mutating func collectNow(
        _ id: String, with given: PaymentMethod?, isOffSession: Bool, _ version: APIVersion
    ) throws(APIError) {
        guard let invoice = invoices[id], invoice.isPayable else {
            throw .invalidRequest("This invoice can no longer be paid.", code: "invoice_not_editable")
        }
        if paymentIntents[invoice.paymentIntent]?.status == .processing {
            throw .invalidRequest("This invoice has a payment that is processing.", code: "invoice_payment_intent_requires_action")
        }
        guard let method = given ?? subscriptions[invoice.subscription].flatMap({ paymentMethod(of: $0) }) else {
            throw .invalidRequest(
                "There is no `default_payment_method` set on this Customer or Invoice. Please set either property and try again.",
                code: "missing_payment_method")
        }
        if let failure = collectOrAsk(invoice: id, automatic: false, with: method, offSession: isOffSession) {
            throw refusal(failure, intent: invoice.paymentIntent, code: "invoice_payment_intent_requires_action", version)
        }
    }

    /// Stripe takes up an invoice again that it had been told to leave alone.
    fileprivate mutating func advance(invoice id: String) {
        guard let invoice = invoices[id] else { return }
        if invoice.status == .draft { return scheduleFinalization(of: id) }
        guard invoice.status == .open, invoice.collection == .chargeAutomatically, invoice.nextPaymentAttempt == nil else { return }
        // Stripe attempts it within the hour (docs "Automatic collection").
        let time = now + 3600
        change(\.invoices, id, event: "invoice.updated") { $0.nextPaymentAttempt = time }
        agenda.schedule(.retry(id, at: time), at: time)
    }
}

extension Invoice {
    /// The 400 that says why an invoice cannot be changed like that.
    fileprivate func refusal(_ message: String) -> APIError { .invalidRequest(message, code: "invoice_not_editable") }
}
