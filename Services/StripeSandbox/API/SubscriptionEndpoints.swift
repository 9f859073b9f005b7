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
            _ = try call.parameters.choice("collection_method", ["charge_automatically"])
            try call.parameters.finish()
            if let customer { _ = try account.customers.find(customer, param: "customer") }
            return try page.list(account.subscriptions, of: account, call.version, url: "/v1/subscriptions") { subscription in
                (customer == nil || subscription.customer == customer) && subscription.matches(status)
                    && (price == nil || subscription.items.contains { $0.price == price })
                    && periodStart.contains(subscription.periodStart) && periodEnd.contains(subscription.periodEnd)
            }
        },
        Endpoint("POST", "/v1/subscriptions/:subscription") { account, call throws(APIError) in
            let subscription = try account.subscriptions.find(call.id)
            let update = try SubscriptionUpdate(&call.parameters, of: subscription, in: account)
            account.update(subscription: call.id, update)
            return try account.subscriptions.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/subscriptions/:subscription/resume") { account, call throws(APIError) in
            let subscription = try account.subscriptions.find(call.id)
            let anchor = try call.parameters.choice("billing_cycle_anchor", ["now", "unchanged"])
            call.parameters.ignore("proration_behavior", "proration_date")
            try call.parameters.finish()
            guard subscription.status == .paused else {
                throw .invalidRequest("Only paused subscriptions can be resumed; this one is \(subscription.status.rawValue).")
            }
            account.resume(subscription: call.id, resetsAnchor: anchor != "unchanged")
            account.settleCharges()
            return try account.subscriptions.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("DELETE", "/v1/subscriptions/:subscription") { account, call throws(APIError) in
            let subscription = try account.subscriptions.find(call.id)
            var details = try call.parameters.group("cancellation_details")
            let comment = try details.text("comment")
            let feedback = try details.text("feedback")
            try details.finish()
            // Nothing is prorated here, so there is nothing to invoice on the way out.
            call.parameters.ignore("invoice_now", "prorate")
            try call.parameters.finish()
            guard !subscription.hasEnded else { throw .noSuch(Subscription.noun, call.id, param: "id") }
            account.subscriptions[call.id]?.cancellation = .init(reason: nil, comment: comment, feedback: feedback)
            account.end(subscription: call.id)
            return try account.subscriptions.find(call.id).rendered(call.version, in: account)
        },
    ]
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
