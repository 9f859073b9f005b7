extension Endpoint {
    static let sessions = [
        retrieve("/v1/checkout/sessions/:session", \.sessions, param: "session"),
        Endpoint("POST", "/v1/checkout/sessions") { account, call throws(APIError) in
            let request = try SessionRequest(&call.parameters, in: account)
            return account.makeSession(request).rendered(call.version, in: account)
        },
        Endpoint("GET", "/v1/checkout/sessions") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.text("customer")
            let subscription = try call.parameters.text("subscription")
            let intent = try call.parameters.text("payment_intent")
            let status = try call.parameters.choice("status", ["open", "complete", "expired"])
            try call.parameters.finish()
            return try page.list(account.sessions, of: account, call.version, url: "/v1/checkout/sessions") { session in
                (customer == nil || session.customer == customer) && (subscription == nil || session.subscription == subscription)
                    && (intent == nil || session.paymentIntent == intent) && (status == nil || session.status.rawValue == status)
            }
        },
        Endpoint("GET", "/v1/checkout/sessions/:session/line_items") { account, call throws(APIError) in
            call.parameters.ignore("limit")
            try call.parameters.finish()
            return try account.sessions.find(call.id, param: "session").renderedLines(call.version, in: account)
        },
        Endpoint("POST", "/v1/checkout/sessions/:session") { account, call throws(APIError) in
            let session = try account.sessions.find(call.id, param: "session")
            let metadata = try call.parameters.metadata().applied(to: session.metadata)
            try call.parameters.finish()
            account.sessions[call.id]?.metadata = metadata
            return try account.sessions.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/checkout/sessions/:session/expire") { account, call throws(APIError) in
            try call.parameters.finish()
            let session = try account.sessions.find(call.id, param: "session")
            guard session.status == .open else {
                throw .invalidRequest(
                    "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of "
                        + "`\(session.status.rawValue)`.")
            }
            account.expire(session: call.id)
            return try account.sessions.find(call.id).rendered(call.version, in: account)
        },
    ]
}

extension Account {
    /// A new open session, with a product and price for each line that brings its own.
    fileprivate mutating func makeSession(_ request: SessionRequest) -> CheckoutSession {
        let lines = request.lines.map { line in
            CheckoutSession.Line(
                id: Identifier.object("li_"), price: price(of: line.pricing), quantity: line.quantity, amount: line.amount)
        }
        var session = CheckoutSession(
            id: Identifier.session(), created: now, mode: request.mode, customer: request.customer, customerEmail: request.customerEmail,
            clientReferenceID: request.clientReferenceID, metadata: request.metadata, lines: lines, currency: request.currency,
            successURL: request.successURL, cancelURL: request.cancelURL, expiresAt: request.expiresAt)
        session.subscriptionMetadata = request.subscriptionMetadata
        session.subscriptionDescription = request.subscriptionDescription
        session.paymentMetadata = request.paymentMetadata
        session.trialDays = request.trialDays
        session.missingPaymentMethod = request.missingPaymentMethod
        session.collectsCardAlways = request.collectsCardAlways
        session.createsCustomer = request.createsCustomer && request.customer == nil
        session.savesMethod = request.savesMethod
        session.paymentMethodTypes = request.paymentMethodTypes
        session.allowsPromotionCodes = request.allowsPromotionCodes
        apply(request.discounts, to: &session)
        sessions.insert(session)
        agenda.schedule(.expireSession(session.id), at: session.expiresAt)
        return session
    }

    private mutating func price(of pricing: SessionRequest.Line.Pricing) -> String {
        switch pricing {
        case .catalog(let price): return price.id
        case .inline(let name, let amount, let currency):
            let product = Product(id: Identifier.product(), created: now, name: name, defaultPrice: nil)
            let price = Price(
                id: Identifier.object("price_"), created: now, product: product.id, currency: currency, unitAmount: amount,
                isRecurring: false, active: false)
            products.insert(product)
            prices.insert(price)
            return price.id
        }
    }
}
