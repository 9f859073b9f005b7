import Models
import ServiceKit
import Stripe

/// Every setting of checkout, beside those of `ServiceKit`.
struct CheckoutConfig: Sendable {
    /// `STRIPE_SECRET_KEY`, `STRIPE_API_BASE`.
    let stripe: StripeConfiguration
    /// `STRIPE_PUBLISHABLE_KEY`, handed to the site with each session.
    let publishableKey: String
    /// `STRIPE_PRICE_BASIC`, `STRIPE_PRICE_PREMIUM`: the first price of each is sold.
    let plans: PlanCatalogue
    /// `INSTALLATION`: what objects at Stripe are marked with, where another installation of this system uses the same account; nil for a name
    /// that is made once and kept.
    let installation: String?
    /// `ALLOWED_REDIRECT_ORIGINS`: where success and cancel addresses may lead; the first is the site itself.
    let redirects: RedirectRule

    /// `POLICY_CANCEL_OPEN_INVOICES`: what becomes of open invoices when a customer ends what is not paid for: `void` or `owe`.
    let openInvoices: EndCollection.OpenInvoices
    /// `SWEEP_INTERVAL_SECONDS`: how often a part of Stripe's lists is compared.
    let sweepInterval: Duration
    /// `RETRY_MAX_SECONDS`: how long at most until what is not known at Stripe is asked for again.
    let retryMaximum: Duration

    init(_ settings: Settings) {
        stripe = settings.stripe()
        publishableKey = settings.string("STRIPE_PUBLISHABLE_KEY")
        plans = settings.plans()
        openInvoices = settings.choice("POLICY_CANCEL_OPEN_INVOICES", default: .void)
        sweepInterval = settings.seconds("SWEEP_INTERVAL_SECONDS", default: .seconds(300))
        retryMaximum = settings.seconds("RETRY_MAX_SECONDS", default: .seconds(3600))
        installation = settings.optionalString("INSTALLATION")
        if let installation, !Installation.isName(installation) {
            settings.reject("INSTALLATION", because: "is not 1 to 100 letters, digits, dots, hyphens and underscores")
        }
        redirects = RedirectRule(allowedOrigins: settings.list("ALLOWED_REDIRECT_ORIGINS"))
        for origin in redirects.allowedOrigins where !RedirectRule.isOrigin(origin) {
            settings.reject("ALLOWED_REDIRECT_ORIGINS", because: "\(origin) is not an origin such as https://example.com")
        }
    }
}
