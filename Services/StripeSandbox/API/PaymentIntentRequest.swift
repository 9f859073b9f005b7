/// What `POST /v1/payment_intents` asks for, checked.
struct PaymentIntentRequest {
    let amount: Int
    let currency: String
    let customer: String?
    let description: String?
    let metadata: [String: String]
    let paymentMethodTypes: [String]
    let savesMethod: Bool
    let paymentMethod: String?
    let confirmation: Confirmation?

    /// How an intent is confirmed.
    struct Confirmation {
        let isOffSession: Bool
        /// A bank that asks the customer makes it fail.
        let failsWhenAsked: Bool

        init(_ parameters: inout Parameters) throws(APIError) {
            isOffSession = try parameters.flag("off_session") ?? false
            failsWhenAsked = try parameters.flag("error_on_requires_action") ?? false
            parameters.ignore(
                "return_url", "mandate", "mandate_data", "use_stripe_sdk", "payment_method_options", "receipt_email", "shipping")
        }
    }

    init(_ parameters: inout Parameters, in account: inout Account) throws(APIError) {
        amount = try parameters.integer("amount", in: 1...99_999_999).orMissing("amount")
        currency = try parameters.currency()
        customer = try parameters.text("customer")
        if let customer { _ = try account.liveCustomer(named: customer, param: "customer") }
        description = try parameters.text("description")
        metadata = try parameters.metadata().applied()
        paymentMethodTypes = try parameters.paymentMethodTypes()
        var automatic = try parameters.group("automatic_payment_methods")
        _ = try automatic.flag("enabled")
        _ = try automatic.choice("allow_redirects", ["always", "never"])
        try automatic.finish()
        savesMethod = try parameters.choice("setup_future_usage", ["off_session", "on_session"]) != nil
        _ = try parameters.choice("capture_method", ["automatic", "automatic_async"])
        _ = try parameters.choice("confirmation_method", ["automatic"])
        let confirms = try parameters.flag("confirm") ?? false
        let confirmation = try Confirmation(&parameters)
        self.confirmation = confirms ? confirmation : nil
        let method = try parameters.text("payment_method")
        parameters.ignore("statement_descriptor", "statement_descriptor_suffix")
        try parameters.finish()
        paymentMethod = if let method { try account.method(named: method, param: "payment_method", for: customer).id } else { nil }
        if confirms && paymentMethod == nil { throw .missing("payment_method") }
        if let paymentMethod { try account.checkType(of: paymentMethod, among: paymentMethodTypes) }
    }
}

extension Account {
    /// Throws `APIError` 400 where an intent does not take a payment method.
    func checkType(of id: String, among types: [String]) throws(APIError) {
        guard let type = paymentMethods[id]?.instrument.type, !types.contains(type) else { return }
        throw .invalidRequest(
            "The PaymentMethod provided (\(type)) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the "
                + "following types: \(types.joined(separator: ", ")).",
            code: "payment_intent_incompatible_payment_method", param: "payment_method")
    }
}
