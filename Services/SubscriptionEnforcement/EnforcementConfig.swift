import Models
import ServiceKit
import Stripe

/// Every setting of enforcement, beside those of `ServiceKit`.
struct EnforcementConfig: Sendable {
    /// `STRIPE_SECRET_KEY`, `STRIPE_API_BASE`.
    let stripe: StripeConfiguration
    /// `STRIPE_PRICE_BASIC`, `STRIPE_PRICE_PREMIUM`: which subscriptions are to a plan.
    let plans: PlanCatalogue
    /// `SWEEP_INTERVAL_SECONDS`: how often what no event tells of is looked at.
    let sweepInterval: Duration
    /// `ENFORCEMENT_HOLD_DOWN_SECONDS`: how long a stop waits for its second read.
    let holdDown: Duration
    /// `DUNNING_MAX_ATTEMPTS` and what else decides when a subscription lets a VM run.
    let policy: AccessPolicy
    /// `RETRY_MAX_SECONDS`: the longest delay between two looks at a user when Stripe does not answer.
    let retryMaximum: Duration

    init(_ settings: Settings) {
        stripe = settings.stripe()
        plans = settings.plans()
        sweepInterval = settings.seconds("SWEEP_INTERVAL_SECONDS", default: .seconds(300))
        holdDown = settings.seconds("ENFORCEMENT_HOLD_DOWN_SECONDS", default: .seconds(60))
        policy = AccessPolicy(dunningMaxAttempts: settings.integer("DUNNING_MAX_ATTEMPTS", default: 4, in: 1...100))
        retryMaximum = settings.seconds("RETRY_MAX_SECONDS", default: .seconds(3600))
    }
}
