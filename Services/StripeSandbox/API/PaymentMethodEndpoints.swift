extension Endpoint {
    static let paymentMethods = [
        retrieve("/v1/payment_methods/:method", \.paymentMethods, param: "payment_method"),
        Endpoint("GET", "/v1/payment_methods") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.required("customer")
            let type = try call.parameters.choice("type", ["card", "sepa_debit"])
            try call.parameters.finish()
            return try page.list(account.paymentMethods, of: account, call.version, url: "/v1/payment_methods") {
                $0.customer == customer && (type == nil || $0.instrument.type == type)
            }
        },
        Endpoint("POST", "/v1/payment_methods/:method/attach") { account, call throws(APIError) in
            let customer = try account.liveCustomer(try call.parameters.required("customer"), param: "customer")
            try call.parameters.finish()
            let method =
                if let number = TestCard.paymentMethods[call.id] {
                    account.makePaymentMethod(.card(try TestCard.find(number)), billing: account.billingDetails(of: customer.id))
                } else {
                    try account.paymentMethods.find(call.id, param: "payment_method")
                }
            if let owner = method.customer, owner != customer.id {
                throw .invalidRequest("The payment method you provided has already been attached to a customer.", param: "payment_method")
            }
            // Only a card that works can be saved (docs "Testing"); that it will not work later shows later.
            if let decline = method.decline(onSession: true) {
                throw APIError(
                    status: 402, type: "card_error", message: decline.message, code: decline.code, declineCode: decline.declineCode)
            }
            account.attach(paymentMethod: method.id, to: customer.id)
            return try account.paymentMethods.find(method.id).rendered(call.version, in: account)
        },
    ]
}
