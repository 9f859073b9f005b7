/// The rules of failed payments, apart from all state.
enum Dunning {
    /// When a failed invoice is tried again; nil after the last attempt.
    static func nextAttempt(after attempts: Int, at now: Int, _ retries: BillingSettings.Retries) -> Int? {
        let hours: [Int]
        switch retries {
        // Where Stripe's choice cannot be known, the tries are spread over the two weeks.
        case .smart: hours = [24, 48, 36, 48, 36, 48, 48, 48]
        case .days(let days): hours = days.map { $0 * 24 }
        }
        return attempts >= 1 && attempts <= hours.count ? now + hours[attempts - 1] * 3600 : nil
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

    /// A subscription's status when its newest final invoice is settled; what a paused one does then is `resumed`.
    static func statusAfterPayment(_ status: Subscription.Status) -> Subscription.Status {
        switch status {
        case .incomplete, .active, .pastDue, .unpaid: .active
        case .trialing, .canceled, .incompleteExpired, .paused: status
        }
    }
}
