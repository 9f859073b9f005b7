/// What `POST /v1/checkout/sessions` asks for, checked.
struct SessionRequest {
    /// One line: a price of the catalog, or a price given inline.
    struct Line {
        enum Pricing {
            case catalog(Price)
            case inline(name: String, amount: Int, currency: String)
        }

        let pricing: Pricing
        let quantity: Int

        var amount: Int {
            switch pricing {
            case .catalog(let price): price.unitAmount * quantity
            case .inline(_, let amount, _): amount * quantity
            }
        }

        var currency: String {
            switch pricing {
            case .catalog(let price): price.currency
            case .inline(_, _, let currency): currency
            }
        }
    }

    let mode: CheckoutSession.Mode
    let customer: String?
    let customerEmail: String?
    let clientReferenceID: String?
    let metadata: [String: String]
    let lines: [Line]
    let currency: String
    let successURL: String
    let cancelURL: String?
    let expiresAt: Int
    let subscriptionMetadata: [String: String]
    let subscriptionDescription: String?
    let paymentMetadata: [String: String]
    let trialDays: Int?
    let missingPaymentMethod: Subscription.MissingPaymentMethod
    let collectsCardAlways: Bool
    let createsCustomer: Bool
    let savesMethod: Bool
    let paymentMethodTypes: [String]
    let discounts: [CouponUse]
    let allowsPromotionCodes: Bool

    init(_ parameters: inout Parameters, in account: Account) throws(APIError) {
        guard let mode = try parameters.choice("mode", ["payment", "subscription"]).flatMap(CheckoutSession.Mode.init) else {
            throw .missing("mode")
        }
        self.mode = mode
        customer = try parameters.text("customer")
        if let customer { _ = try account.liveCustomer(named: customer, param: "customer") }
        customerEmail = try parameters.text("customer_email")
        if customer != nil && customerEmail != nil {
            throw .invalidRequest("You may only specify one of these parameters: customer, customer_email.", param: "customer_email")
        }
        // Stripe's API reference, "Create a Checkout Session".
        clientReferenceID = try parameters.text("client_reference_id", upTo: 200)
        metadata = try parameters.metadata().applied()
        lines = try Self.lines(&parameters, mode, in: account)
        currency = lines[0].currency
        successURL = try parameters.url("success_url").orMissing("success_url")
        cancelURL = try parameters.url("cancel_url")
        // Stripe allows 30 minutes to 24 hours and takes 24 hours by default.
        expiresAt = try parameters.integer("expires_at", in: account.now + 1800...account.now + 86_400) ?? account.now + 86_400
        var subscription = try parameters.group("subscription_data")
        subscriptionMetadata = try subscription.metadata().applied()
        trialDays = try subscription.integer("trial_period_days", in: 1...730)
        missingPaymentMethod = try Subscription.MissingPaymentMethod(&subscription) ?? .createInvoice
        _ = try subscription.choice("proration_behavior", ["create_prorations", "none"])
        subscriptionDescription = try subscription.text("description")
        try subscription.checkBillingMode()
        try subscription.finish()
        var payment = try parameters.group("payment_intent_data")
        paymentMetadata = try payment.metadata().applied()
        savesMethod = try Self.keepsMethod(&payment) || mode == .subscription
        createsCustomer = try Self.createsCustomer(&parameters, mode) || savesMethod
        collectsCardAlways = try parameters.choice("payment_method_collection", ["always", "if_required"]) != "if_required"
        paymentMethodTypes = try Self.paymentMethodTypes(&parameters, currency)
        discounts = try account.couponUses(&parameters, customer: customer, currency: currency)
        allowsPromotionCodes = try parameters.flag("allow_promotion_codes") ?? false
        try Self.checkFixedChoices(&parameters)
        try parameters.finish()
        if allowsPromotionCodes && !discounts.isEmpty {
            throw .invalidRequest("You may only specify one of these parameters: allow_promotion_codes, discounts.", param: "discounts")
        }
    }

    private static func keepsMethod(_ payment: inout Parameters) throws(APIError) -> Bool {
        let usage = try payment.choice("setup_future_usage", ["off_session", "on_session"])
        payment.ignore("description", "receipt_email", "statement_descriptor", "shipping")
        try payment.finish()
        return usage != nil
    }

    private static func createsCustomer(_ parameters: inout Parameters, _ mode: CheckoutSession.Mode) throws(APIError) -> Bool {
        let creation = try parameters.choice("customer_creation", ["always", "if_required"])
        if creation != nil && mode == .subscription {
            throw parameters.invalid("customer_creation", "`customer_creation` can only be used in `payment` and `setup` mode.")
        }
        return creation == "always"
    }

    private static func lines(
        _ parameters: inout Parameters, _ mode: CheckoutSession.Mode, in account: Account
    ) throws(APIError) -> [Line] {
        var lines: [Line] = []
        for var group in try parameters.groups("line_items") {
            let quantity = try group.integer("quantity", in: 1...999_999) ?? 1
            let pricing: Line.Pricing =
                if let id = try group.text("price") {
                    .catalog(try account.prices.named(id, param: group.name("price")))
                } else {
                    try inlinePrice(&group)
                }
            try group.refuseSwitch("adjustable_quantity")
            try group.finish()
            try check(pricing, for: mode)
            lines.append(Line(pricing: pricing, quantity: quantity))
        }
        guard !lines.isEmpty else { throw .missing("line_items") }
        return lines
    }

    private static func paymentMethodTypes(
        _ parameters: inout Parameters, _ currency: String
    ) throws(APIError) -> [String] {
        let types = try parameters.paymentMethodTypes()
        for (type, only) in [("sepa_debit", "eur"), ("us_bank_account", "usd")] where types.contains(type) && currency != only {
            throw parameters.invalid("payment_method_types", "`\(type)` is in \(only), not \(currency).")
        }
        return types
    }

    private static func inlinePrice(_ group: inout Parameters) throws(APIError) -> Line.Pricing {
        var data = try group.group("price_data")
        let currency = try data.required("currency").lowercased()
        let amount = try data.integer("unit_amount").orMissing(data.name("unit_amount"))
        var product = try data.group("product_data")
        let name = try product.required("name")
        product.ignore("description", "images", "metadata", "tax_code")
        try product.finish()
        data.ignore("tax_behavior")
        try data.finish()
        return .inline(name: name, amount: amount, currency: currency)
    }

    private static func check(_ pricing: Line.Pricing, for mode: CheckoutSession.Mode) throws(APIError) {
        let isRecurring = if case .catalog(let price) = pricing { price.isRecurring } else { false }
        if mode == .subscription && !isRecurring {
            throw .invalidRequest(
                "You must provide at least one recurring price in `subscription` mode when using prices.", param: "line_items")
        }
        if mode == .payment && isRecurring {
            throw .invalidRequest(
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
                param: "line_items")
        }
    }

    /// Parameters that have one meaning here, and those that only change how the page looks.
    private static func checkFixedChoices(_ parameters: inout Parameters) throws(APIError) {
        _ = try parameters.choice("ui_mode", ["hosted", "hosted_page"])
        parameters.ignore(
            "billing_address_collection", "customer_update", "custom_text", "locale",
            "payment_method_options", "phone_number_collection", "saved_payment_method_options", "submit_type", "integration_identifier")
        try parameters.refuseSwitch("adaptive_pricing")
    }
}

extension Optional {
    /// The value, or the error that says which parameter is missing.
    func orMissing(_ param: String) throws(APIError) -> Wrapped {
        guard let self else { throw .missing(param) }
        return self
    }
}
