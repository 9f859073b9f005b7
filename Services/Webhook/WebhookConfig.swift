import ServiceKit
import Stripe

/// Every setting of webhook, beside those of `ServiceKit`.
struct WebhookConfig: Sendable {
    /// `STRIPE_WEBHOOK_SECRET`: one secret, or several separated by commas while one is rolled.
    let secrets: [WebhookSecret]
    /// Whether this system works with real money, from `STRIPE_SECRET_KEY`. Events of the other mode are stored and never processed.
    let livemode: Bool
    /// `STRIPE_ACCOUNT_ID`: the connected account whose events are ours, for platforms; events of any other account are never processed.
    let account: String?

    init(_ settings: Settings) {
        livemode = settings.stripe().livemode
        account = settings.optionalString("STRIPE_ACCOUNT_ID")
        if let parsed = WebhookSecret.parse(settings.secret("STRIPE_WEBHOOK_SECRET")) {
            secrets = parsed
        } else {
            secrets = []
            settings.reject("STRIPE_WEBHOOK_SECRET", because: "must be one or more secrets separated by commas, none of them empty")
        }
    }
}
