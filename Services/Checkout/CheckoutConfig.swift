import Models
import ServiceKit
import Stripe
import StripeSync

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
    /// `POLICY_OFF_PERIODS`: whether periods in which a VM was off are owed: `void` or `owe`.
    let offPeriods: EndCollection.OpenInvoices
    /// `ORPHAN_MONEY_MINUTES`: by when money that runs no VM is restored, given back or before an admin.
    let orphanBound: Duration
    /// What pages are opened with beside plan and customer.
    let offer: CheckoutOffer
    /// `CUSTOMER_CALLS_PER_MINUTE`: how many POSTs a customer may make of one replica; 0 for any number.
    let callsPerMinute: Int
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
        offPeriods = settings.choice("POLICY_OFF_PERIODS", default: .void)
        orphanBound = .seconds(60 * settings.integer("ORPHAN_MONEY_MINUTES", default: 30, in: 1...1440))
        offer = CheckoutOffer(
            trialDays: settings.integer("OFFER_TRIAL_DAYS", default: 0, in: 0...730),
            takesPromotionCodes: settings.choice("OFFER_PROMOTION_CODES", default: Switch.off) == .on,
            computesTax: settings.choice("OFFER_AUTOMATIC_TAX", default: Switch.off) == .on)
        callsPerMinute = settings.integer("CUSTOMER_CALLS_PER_MINUTE", default: 120, in: 0...100_000)
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

/// A setting that is on or off.
private enum Switch: String, CaseIterable {
    case on, off
}

/// What a page where somebody subscribes is opened with, by configuration; nothing of it by default.
struct CheckoutOffer: Sendable, Hashable {
    /// `OFFER_TRIAL_DAYS`: days before the first payment, for whoever has never subscribed; 0 for none.
    var trialDays = 0
    /// `OFFER_PROMOTION_CODES`: whether codes can be entered.
    var takesPromotionCodes = false
    /// `OFFER_AUTOMATIC_TAX`: whether Stripe computes the tax, which asks for an address.
    var computesTax = false
}
