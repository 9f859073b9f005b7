/// What `POST /v1/subscriptions/{id}` asks for, checked.
struct SubscriptionUpdate {
    private let metadata: [String: String]
    private var cancelAtPeriodEnd: Bool?
    /// Outer nil: not said. Inner nil: unset.
    private var cancelAt: Int??
    private var defaultPaymentMethod: String??
    /// Nil: as they are. None: taken off.
    let discounts: [CouponUse]?
    let items: [ItemChange]
    let proration: Proration.Behavior
    /// When the change of items counts from.
    let prorationDate: Int
    let paymentBehavior: PaymentBehavior
    /// The customer is not there to be asked by the bank.
    let isOffSession: Bool
    private var pauseCollection: Subscription.PauseCollection??
    private var missingPaymentMethod: Subscription.MissingPaymentMethod?
    private var description: String?
    private var comment: String?
    private var feedback: String?
    private let now: Int

    init(_ parameters: inout Parameters, of subscription: Subscription, in account: Account) throws(APIError) {
        now = account.now
        let behavior = try PaymentBehavior(&parameters)
        try Self.checkPending(parameters, behavior)
        // "Only applies to subscriptions with `collection_method=charge_automatically`" (Stripe's specification).
        paymentBehavior = subscription.collection == .chargeAutomatically ? behavior : .allowIncomplete
        metadata = try parameters.metadata().applied(to: subscription.metadata)
        let changesDiscounts = parameters.has("discounts")
        let uses = try account.couponUses(&parameters, customer: subscription.customer, currency: subscription.currency)
        discounts = changesDiscounts ? uses : nil
        items = try ItemChange.all(&parameters, of: subscription, in: account)
        let behaviors = ["create_prorations", "always_invoice", "none"]
        proration = try parameters.choice("proration_behavior", behaviors).flatMap(Proration.Behavior.init) ?? .createProrations
        // A period that is over cannot be changed, nor one that has not begun.
        let period = subscription.periodStart...max(subscription.periodStart, subscription.periodEnd)
        prorationDate = try parameters.integer("proration_date", in: period) ?? account.now
        isOffSession = try parameters.flag("off_session") ?? false
        pauseCollection = try Self.pause(&parameters, after: account.now)
        missingPaymentMethod = try Subscription.MissingPaymentMethod(&parameters)
        try readCancellation(&parameters)
        _ = try parameters.choice("billing_cycle_anchor", ["unchanged"])
        if parameters.has("trial_end") { throw parameters.invalid("trial_end", "The sandbox does not simulate a change of a trial's end.") }
        description = try parameters.given("description")
        try parameters.finish()
        try check(subscription, in: account)
    }

    /// A change that may have to wait can be of items alone (docs "Pending updates reference").
    private static func checkPending(_ parameters: Parameters, _ behavior: PaymentBehavior) throws(APIError) {
        guard behavior == .pendingIfIncomplete else { return }
        let others = [
            "metadata", "discounts", "pause_collection", "trial_settings", "cancel_at_period_end", "cancel_at", "cancellation_details",
            "default_payment_method", "description",
        ]
        for name in others where parameters.has(name) {
            throw parameters.invalid(name, "When passing `payment_behavior` as `pending_if_incomplete`, `\(name)` cannot be passed.")
        }
    }

    private mutating func readCancellation(_ parameters: inout Parameters) throws(APIError) {
        cancelAtPeriodEnd = try parameters.flag("cancel_at_period_end")
        cancelAt = try Self.time("cancel_at", &parameters, after: now)
        defaultPaymentMethod = try parameters.given("default_payment_method").map { $0.isEmpty ? nil : $0 }
        var details = try parameters.group("cancellation_details")
        comment = try details.text("comment")
        feedback = try details.text("feedback")
        try details.finish()
    }

    private func check(_ subscription: Subscription, in account: Account) throws(APIError) {
        let changesLife = cancelAtPeriodEnd != nil || cancelAt != nil || defaultPaymentMethod != nil || !items.isEmpty
        if subscription.hasEnded && changesLife {
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

    private static func pause(_ parameters: inout Parameters, after now: Int) throws(APIError) -> Subscription.PauseCollection?? {
        switch parameters.take("pause_collection") {
        case nil: return nil
        case .text(let text)? where text.isEmpty: return .some(nil)
        case .hash(let members)?:
            var group = Parameters(members, prefix: parameters.name("pause_collection"))
            let names = ["keep_as_draft", "mark_uncollectible", "void"]
            let behavior = try group.choice("behavior", names).flatMap(Subscription.PauseCollection.Behavior.init)
            let resumesAt = try group.integer("resumes_at", in: now...Int(Int32.max) * 4)
            try group.finish()
            return Subscription.PauseCollection(behavior: try behavior.orMissing(group.name("behavior")), resumesAt: resumesAt)
        default: throw parameters.invalid("pause_collection", "Invalid object")
        }
    }

    func apply(to subscription: inout Subscription) {
        subscription.metadata = metadata
        if let defaultPaymentMethod { subscription.defaultPaymentMethod = defaultPaymentMethod }
        if let pauseCollection { subscription.pauseCollection = pauseCollection }
        if let missingPaymentMethod { subscription.missingPaymentMethod = missingPaymentMethod }
        subscription.items = subscription.items.compactMap { item in
            guard let change = items.last(where: { $0.item == item.id }) else { return item }
            return change.applied(to: item)
        }
        subscription.items += items.compactMap(\.added)
        if let cancelAtPeriodEnd, cancelAtPeriodEnd != subscription.cancelAtPeriodEnd || !cancelAtPeriodEnd {
            subscription.cancelAtPeriodEnd = cancelAtPeriodEnd
            schedule(&subscription, cancelAtPeriodEnd ? subscription.periodEnd : nil)
        }
        if let cancelAt {
            subscription.cancelAtPeriodEnd = false
            schedule(&subscription, cancelAt)
        }
        if let description { subscription.description = description.isEmpty ? nil : description }
        if let comment { subscription.cancellation.comment = comment }
        if let feedback { subscription.cancellation.feedback = feedback }
    }

    private func schedule(_ subscription: inout Subscription, _ end: Int?) {
        subscription.cancelAt = end
        subscription.canceledAt = end == nil ? nil : now
        subscription.cancellation = end == nil ? .init() : .init(reason: "cancellation_requested")
    }
}

extension Subscription.MissingPaymentMethod {
    /// The `trial_settings` of a request; nil when they are not there.
    init?(_ parameters: inout Parameters) throws(APIError) {
        var settings = try parameters.group("trial_settings")
        var behavior = try settings.group("end_behavior")
        let name = try behavior.choice("missing_payment_method", ["cancel", "create_invoice", "pause"])
        try behavior.finish()
        try settings.finish()
        guard let name else { return nil }
        self.init(rawValue: name)
    }
}
