import ServiceKit
import Stripe
import StripeSync

/// Every setting of webhook, beside those of `ServiceKit`.
struct WebhookConfig: Sendable {
    /// `STRIPE_WEBHOOK_SECRET`: one secret, or several separated by commas while one is rolled.
    let secrets: [WebhookSecret]
    /// `STRIPE_SECRET_KEY`, `STRIPE_API_BASE`: how Stripe's own list of events is read. The key also tells whether this system works with
    /// real money; events of the other mode are stored and never processed.
    let stripe: StripeConfiguration
    /// `STRIPE_ACCOUNT_ID`: the connected account whose events are ours, for platforms; events of any other account are never processed.
    let account: String?
    /// `SWEEP_INTERVAL_SECONDS` (300): how often events that were not delivered, and events that nobody reported on, are looked for.
    let sweepInterval: Duration
    /// `SILENCE_SECONDS` (600): how long a subscriber may say nothing about an event before it is published again.
    let silence: Duration
    /// `RAW_DATA_RETENTION_DAYS` (396, thirteen months): how long payloads are kept. The row, with the payload's SHA-256, stays for good.
    let retentionDays: Int

    init(_ settings: Settings) {
        stripe = settings.stripe()
        account = settings.optionalString("STRIPE_ACCOUNT_ID")
        sweepInterval = settings.seconds("SWEEP_INTERVAL_SECONDS", default: .seconds(300))
        silence = settings.seconds("SILENCE_SECONDS", default: .seconds(600))
        // Less than the 30 days for which Stripe keeps an event would bring it back at the next comparison.
        retentionDays = settings.integer("RAW_DATA_RETENTION_DAYS", default: 396, in: 31...36_500)
        if let parsed = WebhookSecret.parse(settings.secret("STRIPE_WEBHOOK_SECRET")) {
            secrets = parsed
        } else {
            secrets = []
            settings.reject("STRIPE_WEBHOOK_SECRET", because: "must be one or more secrets separated by commas, none of them empty")
        }
    }
}
