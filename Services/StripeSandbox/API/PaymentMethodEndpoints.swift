extension Endpoint {
    static let paymentMethods = [
        retrieve("/v1/payment_methods/:method", \.paymentMethods, param: "payment_method"),
        Endpoint("GET", "/v1/payment_methods") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.required("customer")
            let type = try call.parameters.choice("type", Instrument.types)
            try call.parameters.finish()
            return try page.list(account.paymentMethods, of: account, call.version, url: "/v1/payment_methods") {
                $0.customer == customer && (type == nil || $0.instrument.type == type)
            }
        },
        Endpoint("POST", "/v1/payment_methods") { account, call throws(APIError) in
            let instrument = try readInstrument(&call.parameters)
            let billing = try readBilling(&call.parameters)
            let metadata = try call.parameters.metadata().applied()
            call.parameters.ignore("allow_redisplay")
            try call.parameters.finish()
            let method = account.makePaymentMethod(instrument, billing: billing)
            account.paymentMethods[method.id]?.metadata = metadata
            return try account.paymentMethods.find(method.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/payment_methods/:method") { account, call throws(APIError) in
            let method = try account.paymentMethods.find(call.id, param: "payment_method")
            let metadata = try call.parameters.metadata().applied(to: method.metadata)
            let changes = call.parameters.has("billing_details")
            let billing = try readBilling(&call.parameters)
            call.parameters.ignore("allow_redisplay")
            try call.parameters.finish()
            account.change(\.paymentMethods, call.id, event: "payment_method.updated") {
                $0.metadata = metadata
                if changes { $0.billing = billing }
            }
            return try account.paymentMethods.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/payment_methods/:method/attach", attach),
        Endpoint("POST", "/v1/payment_methods/:method/detach") { account, call throws(APIError) in
            try call.parameters.finish()
            let method = try account.paymentMethods.find(call.id, param: "payment_method")
            guard method.customer != nil else {
                throw .invalidRequest(
                    "The payment method you provided is not attached to a customer so detachment is impossible.", param: "payment_method")
            }
            account.detach(paymentMethod: call.id)
            return try account.paymentMethods.find(call.id).rendered(call.version, in: account)
        },
    ]

    @Sendable
    private static func attach(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let customer = try account.liveCustomer(named: try call.parameters.required("customer"), param: "customer")
        try call.parameters.finish()
        let method =
            TestCard.readyMade[call.id] == nil && TestBankAccount.readyMade[call.id] == nil
            ? try account.paymentMethods.find(call.id, param: "payment_method")
            : try account.method(named: call.id, param: "payment_method", for: customer.id)
        if let owner = method.customer, owner != customer.id {
            throw .invalidRequest("The payment method you provided has already been attached to a customer.", param: "payment_method")
        }
        // Only a card that works can be saved (docs "Testing"); that it will not work later shows later.
        if !method.isAccepted, let decline = method.decline(onSession: true) {
            throw APIError(
                status: 402, type: "card_error", message: decline.message, code: decline.code, declineCode: decline.declineCode)
        }
        account.attach(paymentMethod: method.id, to: customer.id)
        return try account.paymentMethods.find(method.id).rendered(call.version, in: account)
    }

    private static func readInstrument(_ parameters: inout Parameters) throws(APIError) -> Instrument {
        guard let type = try parameters.choice("type", Instrument.types) else { throw .missing("type") }
        var details = try parameters.group(type)
        let instrument: Instrument
        switch type {
        case "card":
            let token = try details.text("token")
            details.ignore("exp_month", "exp_year", "cvc")
            if let token {
                guard let card = TestCard.token(token) else {
                    throw .noSuch("token", token, param: details.name("token"), status: 400)
                }
                instrument = .card(card)
            } else {
                instrument = .card(try TestCard.find(try details.required("number")))
            }
        case "sepa_debit": instrument = .bankAccount(try TestBankAccount.find(try details.required("iban")))
        case "us_bank_account":
            details.ignore("account_holder_type", "account_type", "routing_number")
            instrument = .bankAccount(try TestBankAccount.find(try details.required("account_number")))
        default: instrument = .wallet(try TestWallet.find(type))
        }
        try details.finish()
        return instrument
    }

    private static func readBilling(_ parameters: inout Parameters) throws(APIError) -> BillingDetails {
        var group = try parameters.group("billing_details")
        var billing = BillingDetails(country: nil)
        billing.email = try group.text("email")
        billing.name = try group.text("name")
        var address = try group.group("address")
        billing.country = try address.text("country")
        billing.postalCode = try address.text("postal_code")
        address.ignore("city", "line1", "line2", "state")
        try address.finish()
        group.ignore("phone", "tax_id")
        try group.finish()
        return billing
    }
}
