/// What `POST /v1/subscriptions` asks for, checked.
struct SubscriptionRequest {
    let customer: Customer
    let items: [Subscription.Item]
    let currency: String
    let metadata: [String: String]
    let discounts: [CouponUse]
    /// Nil is whatever the customer has by default.
    let paymentMethod: String?
    let paymentBehavior: PaymentBehavior
    let isOffSession: Bool
    /// Unix seconds; nil without a trial.
    let trialEnd: Int?
    let missingPaymentMethod: Subscription.MissingPaymentMethod
    let collection: Subscription.CollectionMethod
    let daysUntilDue: Int?
    let cancelAtPeriodEnd: Bool
    let cancelAt: Int?
    let savesDefaultMethod: Bool
    let description: String?

    init(_ parameters: inout Parameters, in account: Account) throws(APIError) {
        customer = try account.liveCustomer(named: try parameters.required("customer"), param: "customer")
        items = try Self.items(&parameters, in: account)
        currency = account.prices[items[0].price]?.currency ?? "usd"
        metadata = try parameters.metadata().applied()
        discounts = try account.couponUses(&parameters, customer: customer.id, currency: currency)
        paymentMethod = try parameters.text("default_payment_method")
        if let paymentMethod, account.paymentMethods[paymentMethod]?.customer != customer.id {
            throw .invalidRequest(
                "The customer does not have a payment method with the ID \(paymentMethod).", code: "resource_missing",
                param: "default_payment_method")
        }
        paymentBehavior = try PaymentBehavior(&parameters, refusing: .pendingIfIncomplete)
        isOffSession = try parameters.flag("off_session") ?? false
        trialEnd = try Self.trialEnd(&parameters, after: account.now)
        missingPaymentMethod = try Subscription.MissingPaymentMethod(&parameters) ?? .createInvoice
        let methods = ["charge_automatically", "send_invoice"]
        collection =
            try parameters.choice("collection_method", methods).flatMap(Subscription.CollectionMethod.init) ?? .chargeAutomatically
        daysUntilDue = try parameters.integer("days_until_due", in: 0...365)
        cancelAtPeriodEnd = try parameters.flag("cancel_at_period_end") ?? false
        cancelAt = try parameters.integer("cancel_at", in: account.now + 1...Int(Int32.max) * 4)
        savesDefaultMethod = try Self.savesDefault(&parameters)
        _ = try parameters.choice("currency", [currency])
        description = try parameters.text("description")
        try parameters.checkBillingMode()
        // Of a beginning in the middle of a period, which is not simulated.
        parameters.ignore("proration_behavior")
        try parameters.finish()
        try check()
    }

    private func check() throws(APIError) {
        if (collection == .sendInvoice) != (daysUntilDue != nil) {
            throw .invalidRequest(
                "days_until_due belongs to `collection_method=send_invoice`, and only to it.", param: "days_until_due")
        }
        if cancelAtPeriodEnd && cancelAt != nil {
            throw .invalidRequest("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", param: "cancel_at")
        }
    }

    /// The `items` of a subscription that is to begin, at least one, all in one currency.
    static func items(_ parameters: inout Parameters, in account: Account) throws(APIError) -> [Subscription.Item] {
        var items: [Subscription.Item] = []
        for var group in try parameters.groups("items") {
            let name = group.has("plan") ? "plan" : "price"
            let price = try group.required(name)
            let currency = account.prices[items.first?.price]?.currency
            try account.checkRecurring(price, currency: currency, param: group.name(name))
            let quantity = try group.integer("quantity", in: 1...999_999) ?? 1
            let metadata = try group.metadata().applied()
            try group.finish()
            items.append(.init(id: Identifier.subscriptionItem(), price: price, quantity: quantity, metadata: metadata))
        }
        guard !items.isEmpty else { throw .missing("items") }
        return items
    }

    private static func trialEnd(_ parameters: inout Parameters, after now: Int) throws(APIError) -> Int? {
        let days = try parameters.integer("trial_period_days", in: 0...730)
        let end = try parameters.text("trial_end")
        guard let end else { return days.flatMap { $0 > 0 ? now + $0 * 86_400 : nil } }
        if days != nil {
            throw .invalidRequest("You may only specify one of these parameters: trial_end, trial_period_days.", param: "trial_end")
        }
        if end == "now" { return nil }
        guard let time = Int(end), time > now else { throw parameters.invalid("trial_end", "Invalid timestamp: must be in the future") }
        return time
    }

    private static func savesDefault(_ parameters: inout Parameters) throws(APIError) -> Bool {
        var settings = try parameters.group("payment_settings")
        let choice = try settings.choice("save_default_payment_method", ["on_subscription", "off"])
        settings.ignore("payment_method_options", "payment_method_types")
        try settings.finish()
        return choice == "on_subscription"
    }
}
