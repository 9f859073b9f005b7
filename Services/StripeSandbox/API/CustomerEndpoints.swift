extension Endpoint {
    static let customers = [
        retrieve("/v1/customers/:customer", \.customers),
        Endpoint("GET", "/v1/customers") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let email = try call.parameters.text("email")
            let clock = try call.parameters.text("test_clock")
            try call.parameters.finish()
            // Stripe's lists leave out those with a test clock unless it is named.
            return try page.list(account.customers, of: account, call.version, url: "/v1/customers") {
                !$0.deleted && (email == nil || $0.email == email) && $0.testClock == clock
            }
        },
        Endpoint("POST", "/v1/customers") { account, call throws(APIError) in
            let clock = try call.parameters.text("test_clock")
            if let clock { _ = try account.liveTestClock(clock, param: "test_clock") }
            let method = try call.parameters.text("payment_method")
            let source = try call.parameters.text("source")
            let details = try CustomerDetails(&call.parameters)
            if let source, TestCard.token(source) == nil { throw .noSuch("token", source, param: "source", status: 400) }
            if let chosen = details.defaultPaymentMethod, chosen != method { throw CustomerDetails.notAttached(chosen) }
            let saved: PaymentMethod? =
                if let method { try account.method(named: method, param: "payment_method") } else { nil }
            let metadata = try details.metadata.applied()
            let customer = account.makeCustomer(
                email: details.email, name: details.name, description: details.description, phone: details.phone, metadata: metadata,
                testClock: clock)
            if let saved { account.attach(paymentMethod: saved.id, to: customer.id) }
            if details.defaultPaymentMethod != nil { account.customers[customer.id]?.defaultPaymentMethod = saved?.id }
            if let card = source.flatMap({ TestCard.token($0) }) { _ = account.replaceCard(of: customer.id, with: card) }
            return try account.customers.find(customer.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/customers/:customer") { account, call throws(APIError) in
            let customer = try account.liveCustomer(call.id, param: "id")
            let details = try CustomerDetails(&call.parameters)
            let metadata = try details.metadata.applied(to: customer.metadata)
            if let method = details.defaultPaymentMethod, account.paymentMethods[method]?.customer != call.id {
                throw CustomerDetails.notAttached(method)
            }
            account.change(\.customers, call.id, event: "customer.updated") {
                details.apply(to: &$0)
                $0.metadata = metadata
            }
            return try account.customers.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("DELETE", "/v1/customers/:customer") { account, call throws(APIError) in
            try call.parameters.finish()
            _ = try account.liveCustomer(call.id, param: "id")
            account.delete(customer: call.id)
            return try account.customers.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("GET", "/v1/customers/:customer/payment_methods") { account, call throws(APIError) in
            let id = try account.liveCustomer(call.id, param: "customer").id
            let page = try Page(&call.parameters)
            let type = try call.parameters.choice("type", Instrument.types)
            call.parameters.ignore("allow_redisplay")
            try call.parameters.finish()
            return try page.list(account.paymentMethods, of: account, call.version, url: "/v1/customers/\(id)/payment_methods") {
                $0.customer == id && (type == nil || $0.instrument.type == type)
            }
        },
    ]
}

/// What a request says of a customer; nil is not said, an empty text unsets.
private struct CustomerDetails {
    private var given: [String: String] = [:]
    let metadata: MetadataChange

    var email: String? { value("email") }
    var name: String? { value("name") }
    var description: String? { value("description") }
    var phone: String? { value("phone") }
    var defaultPaymentMethod: String? { value("default_payment_method") }

    init(_ parameters: inout Parameters) throws(APIError) {
        for name in ["email", "name", "description", "phone"] { given[name] = try parameters.given(name) }
        if let email = given["email"], !email.isEmpty, email.wholeMatch(of: /[^@\s]+@[^@\s]+/) == nil {
            throw parameters.invalid("email", "Invalid email address: \(email)", code: "email_invalid")
        }
        var settings = try parameters.group("invoice_settings")
        given["default_payment_method"] = try settings.given("default_payment_method")
        try settings.finish()
        metadata = try parameters.metadata()
        parameters.ignore("address", "shipping", "preferred_locales", "tax_exempt")
        try parameters.finish()
    }

    static func notAttached(_ method: String) -> APIError {
        .invalidRequest(
            "The customer does not have a payment method with the ID \(method). The payment method must be attached to the customer.",
            code: "resource_missing", param: "invoice_settings[default_payment_method]")
    }

    func apply(to customer: inout Customer) {
        if given["email"] != nil { customer.email = email }
        if given["name"] != nil { customer.name = name }
        if given["description"] != nil { customer.description = description }
        if given["phone"] != nil { customer.phone = phone }
        if given["default_payment_method"] != nil { customer.defaultPaymentMethod = defaultPaymentMethod }
    }

    private func value(_ name: String) -> String? { given[name].flatMap { $0.isEmpty ? nil : $0 } }
}

extension Account {
    /// A customer that a parameter names and that has not been deleted.
    func liveCustomer(named id: String, param: String) throws(APIError) -> Customer {
        let customer = try customers.named(id, param: param)
        if customer.deleted { throw .noSuch(Customer.noun, id, param: param, status: 400) }
        return customer
    }

    /// A customer whose id is in the path and that has not been deleted.
    func liveCustomer(_ id: String, param: String) throws(APIError) -> Customer {
        let customer = try customers.find(id, param: param)
        if customer.deleted { throw .noSuch(Customer.noun, id, param: param) }
        return customer
    }
}
