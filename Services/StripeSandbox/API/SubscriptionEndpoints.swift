extension Endpoint {
    static let subscriptions = [
        retrieve("/v1/subscriptions/:subscription", \.subscriptions),
        Endpoint("GET", "/v1/subscriptions") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let customer = try call.parameters.text("customer")
            let price = try call.parameters.text("price")
            let status = try call.parameters.choice(
                "status",
                ["all", "ended", "active", "trialing", "past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "paused"])
            let periodStart = try TimeRange("current_period_start", &call.parameters)
            let periodEnd = try TimeRange("current_period_end", &call.parameters)
            let collection = try call.parameters.choice("collection_method", ["charge_automatically", "send_invoice"])
            try call.parameters.finish()
            if let customer { _ = try account.customers.named(customer, param: "customer") }
            return try page.list(account.subscriptions, of: account, call.version, url: "/v1/subscriptions") { subscription in
                (customer == nil || subscription.customer == customer) && subscription.matches(status)
                    && (price == nil || subscription.items.contains { $0.price == price })
                    && (collection == nil || subscription.collection.rawValue == collection)
                    && periodStart.contains(subscription.periodStart) && periodEnd.contains(subscription.periodEnd)
            }
        },
        Endpoint("POST", "/v1/subscriptions") { account, call throws(APIError) in
            let request = try SubscriptionRequest(&call.parameters, in: account)
            return try account.subscribe(request, call.version).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/subscriptions/:subscription") { account, call throws(APIError) in
            let subscription = try account.subscriptions.find(call.id)
            let update = try SubscriptionUpdate(&call.parameters, of: subscription, in: account)
            try account.update(subscription: call.id, update, call.version)
            return try account.subscriptions.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/subscriptions/:subscription/resume") { account, call throws(APIError) in
            let subscription = try account.subscriptions.find(call.id)
            let anchor = try call.parameters.choice("billing_cycle_anchor", ["now", "unchanged"])
            _ = try call.parameters.choice("proration_behavior", ["create_prorations", "always_invoice"])
            try call.parameters.finish()
            guard subscription.status == .paused else {
                throw .invalidRequest("Only paused subscriptions can be resumed; this one is \(subscription.status.rawValue).")
            }
            account.resume(subscription: call.id, resetsAnchor: anchor != "unchanged")
            account.settleCharges()
            return try account.subscriptions.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("DELETE", "/v1/subscriptions/:subscription", cancel),
    ]

    @Sendable
    private static func cancel(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let subscription = try account.subscriptions.find(call.id)
        var details = try call.parameters.group("cancellation_details")
        let comment = try details.text("comment")
        let feedback = try details.text("feedback")
        try details.finish()
        let invoicesNow = try call.parameters.flag("invoice_now") ?? false
        let prorates = try call.parameters.flag("prorate") ?? false
        // Stripe keeps such a credit as an item for the customer's next invoice, whenever there is one.
        if prorates && !invoicesNow {
            throw call.parameters.invalid("prorate", "The sandbox simulates `prorate` only together with `invoice_now`.")
        }
        try call.parameters.finish()
        guard !subscription.hasEnded else { throw .noSuch(Subscription.noun, call.id, param: "id") }
        account.subscriptions[call.id]?.cancellation = .init(reason: nil, comment: comment, feedback: feedback)
        account.end(subscription: call.id)
        if invoicesNow { account.invoiceLast(of: subscription, crediting: prorates) }
        account.settleCharges()
        return try account.subscriptions.find(call.id).rendered(call.version, in: account)
    }
}

extension Subscription {
    /// Whether a list with that `status` shows it: by default those that have not been canceled.
    fileprivate func matches(_ wanted: String?) -> Bool {
        switch wanted {
        case nil: status != .canceled && status != .incompleteExpired
        case "all": true
        case "ended": hasEnded
        default: status.rawValue == wanted
        }
    }
}
