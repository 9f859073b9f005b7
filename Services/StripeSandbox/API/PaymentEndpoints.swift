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
}
