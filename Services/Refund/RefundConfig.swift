import Models
import ServiceKit
import Stripe
import StripeSync

/// Every setting of refund, beside those of `ServiceKit`.
struct RefundConfig: Sendable {
    /// `STRIPE_SECRET_KEY`, `STRIPE_API_BASE`.
    let stripe: StripeConfiguration
    /// `REFUND_WINDOW_DAYS`: for how many days after a payment its customer may ask for a refund; 0 takes no requests.
    let windowDays: Int
    /// `POLICY_FULL_REFUND`: whether a subscription ends whose present period's payment is given back whole. Enforcement sees to it; here an
    /// admin is told before.
    let fullRefund: EndRule
    /// `SWEEP_INTERVAL_SECONDS`: how often Stripe's lists and the deadlines of disputes are looked at.
    let sweepInterval: Duration
    /// `RETRY_MAX_SECONDS`: the longest delay between two tries to learn what became of a refund.
    let retryMaximum: Duration

    init(_ settings: Settings) {
        stripe = settings.stripe()
        windowDays = settings.integer("REFUND_WINDOW_DAYS", default: 30, in: 0...3650)
        fullRefund = settings.choice("POLICY_FULL_REFUND", default: .keep)
        sweepInterval = settings.seconds("SWEEP_INTERVAL_SECONDS", default: .seconds(300))
        retryMaximum = settings.seconds("RETRY_MAX_SECONDS", default: .seconds(3600))
    }
}
