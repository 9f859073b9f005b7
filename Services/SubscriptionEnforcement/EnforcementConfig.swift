import Models
import ServiceKit
import Stripe
import StripeSync

/// Every setting of enforcement, beside those of `ServiceKit`.
struct EnforcementConfig: Sendable {
    /// `STRIPE_SECRET_KEY`, `STRIPE_API_BASE`.
    let stripe: StripeConfiguration
    /// `STRIPE_READS_PER_SECOND`: how many requests all replicas together send to Stripe. Half of what it allows in live mode: checkout and
    /// refund call it too. A sandbox of Stripe's allows 25.
    let readsPerSecond: Int
    /// `STRIPE_PRICE_BASIC`, `STRIPE_PRICE_PREMIUM`: which subscriptions are to a plan.
    let plans: PlanCatalogue
    /// `SWEEP_INTERVAL_SECONDS`: how often what no event tells of is looked at, Stripe's clock among it.
    let sweepInterval: Duration
    /// `ENFORCEMENT_HOLD_DOWN_SECONDS`: how long a stop waits for its second read.
    let holdDown: Duration
    /// `DUNNING_MAX_ATTEMPTS`, `GRACE_SECONDS`, `POLICY_PAUSE_COLLECTION`, `POLICY_DISPUTE_LOST`, `POLICY_FULL_REFUND`: when a subscription lets a
    /// VM run.
    let policy: AccessPolicy
    /// `RETRY_MAX_SECONDS`: the longest delay between two looks at a user when Stripe does not answer.
    let retryMaximum: Duration

    init(_ settings: Settings) {
        stripe = settings.stripe()
        readsPerSecond = settings.integer("STRIPE_READS_PER_SECOND", default: 50, in: 1...10_000)
        plans = settings.plans()
        sweepInterval = settings.seconds("SWEEP_INTERVAL_SECONDS", default: .seconds(300))
        holdDown = settings.seconds("ENFORCEMENT_HOLD_DOWN_SECONDS", default: .seconds(60))
        policy = AccessPolicy(
            dunningMaxAttempts: settings.integer("DUNNING_MAX_ATTEMPTS", default: 4, in: 1...100),
            grace: settings.seconds("GRACE_SECONDS", default: .seconds(259_200)),
            pauseCollection: settings.choice("POLICY_PAUSE_COLLECTION", default: .stop),
            disputeLost: settings.choice("POLICY_DISPUTE_LOST", default: .end),
            fullRefund: settings.choice("POLICY_FULL_REFUND", default: .keep))
        retryMaximum = settings.seconds("RETRY_MAX_SECONDS", default: .seconds(3600))
    }
}
