/// What `POST /v1/subscriptions/{id}` asks for, checked.
struct SubscriptionUpdate {
    private let metadata: [String: String]
    private let cancelAtPeriodEnd: Bool?
    /// Outer nil: not said. Inner nil: unset.
    private let cancelAt: Int??
    private let defaultPaymentMethod: String??
    /// Nil: as they are. None: taken off.
    let discounts: [CouponUse]?
    private let comment: String?
    private let feedback: String?
    private let now: Int

    init(_ parameters: inout Parameters, of subscription: Subscription, in account: Account) throws(APIError) {
        metadata = try parameters.metadata().applied(to: subscription.metadata)
        cancelAtPeriodEnd = try parameters.flag("cancel_at_period_end")
        cancelAt = try Self.time("cancel_at", &parameters, after: account.now)
        defaultPaymentMethod = try parameters.given("default_payment_method").map { $0.isEmpty ? nil : $0 }
        var details = try parameters.group("cancellation_details")
        comment = try details.text("comment")
        feedback = try details.text("feedback")
        try details.finish()
        now = account.now
        let changesDiscounts = parameters.has("discounts")
        let uses = try account.couponUses(&parameters, customer: subscription.customer, currency: subscription.currency)
        discounts = changesDiscounts ? uses : nil
        for name in ["items", "trial_end", "pause_collection", "billing_cycle_anchor"] where parameters.take(name) != nil {
            throw .invalidRequest("The sandbox does not simulate `\(name)` of a subscription.", param: name)
        }
        parameters.ignore("proration_behavior", "payment_behavior", "off_session", "description")
        try parameters.finish()
        if subscription.hasEnded && (cancelAtPeriodEnd != nil || cancelAt != nil || defaultPaymentMethod != nil) {
            throw .invalidRequest("A canceled subscription can only update its cancellation_details and metadata.")
        }
        if cancelAtPeriodEnd != nil && cancelAt != nil {
            throw .invalidRequest("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", param: "cancel_at")
        }
        if case .some(.some(let method)) = defaultPaymentMethod, account.paymentMethods[method]?.customer != subscription.customer {
            throw .invalidRequest("No such PaymentMethod: '\(method)'", code: "resource_missing", param: "default_payment_method")
        }
    }

    private static func time(_ name: String, _ parameters: inout Parameters, after now: Int) throws(APIError) -> Int?? {
        guard let text = try parameters.given(name) else { return nil }
        if text.isEmpty { return .some(nil) }
        guard let time = Int(text), time > now else { throw parameters.invalid(name, "Invalid timestamp: must be in the future") }
        return time
    }

    func apply(to subscription: inout Subscription) {
        subscription.metadata = metadata
        if let defaultPaymentMethod { subscription.defaultPaymentMethod = defaultPaymentMethod }
        if let cancelAtPeriodEnd, cancelAtPeriodEnd != subscription.cancelAtPeriodEnd || !cancelAtPeriodEnd {
            subscription.cancelAtPeriodEnd = cancelAtPeriodEnd
            schedule(&subscription, cancelAtPeriodEnd ? subscription.periodEnd : nil)
        }
        if let cancelAt {
            subscription.cancelAtPeriodEnd = false
            schedule(&subscription, cancelAt)
        }
        if let comment { subscription.cancellation.comment = comment }
        if let feedback { subscription.cancellation.feedback = feedback }
    }

    private func schedule(_ subscription: inout Subscription, _ end: Int?) {
        subscription.cancelAt = end
        subscription.canceledAt = end == nil ? nil : now
        subscription.cancellation = end == nil ? .init() : .init(reason: "cancellation_requested")
    }
}
