/// The rules of failed payments, apart from all state.
enum Dunning {
    /// When a failed invoice is tried again; nil after the last attempt.
    static func nextAttempt(after attempts: Int, at now: Int, retryDays: [Int]) -> Int? {
        attempts >= 1 && attempts <= retryDays.count ? now + retryDays[attempts - 1] * 86_400 : nil
    }

    /// A subscription's status when a charge of its newest invoice has failed.
    ///
    /// The first invoice leaves it incomplete; unpaid, paused and ended subscriptions stay so.
    static func statusAfterFailure(_ status: Subscription.Status) -> Subscription.Status {
        switch status {
        case .active, .trialing, .pastDue: .pastDue
        case .incomplete, .incompleteExpired, .unpaid, .canceled, .paused: status
        }
    }

    /// A subscription's status when its newest demanded invoice has been paid; what a paused one does then is `resumed`.
    static func statusAfterPayment(_ status: Subscription.Status) -> Subscription.Status {
        switch status {
        case .incomplete, .active, .pastDue, .unpaid: .active
        case .trialing, .canceled, .incompleteExpired, .paused: status
        }
    }
}
