/// One visit to the hosted payment page.
struct CheckoutSession: Sendable, Codable {
    enum Mode: String, Sendable, Codable { case payment, subscription }
    enum Status: String, Sendable, Codable { case open, complete, expired }

    /// One thing being bought.
    struct Line: Sendable, Codable {
        let id: String
        let price: String
        let quantity: Int
        /// Minor units, before discounts.
        let amount: Int
        /// What coupons take off.
        var discount = 0
    }

    let id: String
    let created: Int
    let mode: Mode
    var status = Status.open
    var customer: String?
    var customerEmail: String?
    var clientReferenceID: String?
    var metadata: [String: String]
    var lines: [Line]
    let currency: String
    let successURL: String
    var cancelURL: String?
    let expiresAt: Int
    var subscriptionMetadata: [String: String] = [:]
    var subscriptionDescription: String?
    var paymentMetadata: [String: String] = [:]
    /// A trial of so many days comes before the first charge.
    var trialDays: Int?
    var missingPaymentMethod = Subscription.MissingPaymentMethod.createInvoice
    /// `if_required`: a trial needs no card.
    var collectsCardAlways = true
    var paymentMethodTypes = ["card"]
    /// Someone who is nobody's customer yet becomes one.
    var createsCustomer = false
    /// The method is kept for later charges.
    var savesMethod = false
    var discounts: [CouponUse] = []
    /// The page has a field for a promotion code.
    var allowsPromotionCodes = false
    /// Set when complete.
    var subscription: String?
    var invoice: String?
    var paymentIntent: String?
    /// What a declined try left behind; the next try continues with it. A subscription only in versions before 2025-03-31.
    var pendingSubscription: String?
    var pendingPaymentIntent: String?
    /// As entered on the page.
    var billing: BillingDetails?

    /// Minor units.
    var amountSubtotal: Int { lines.reduce(0) { $0 + $1.amount } }
    var amountDiscount: Int { lines.reduce(0) { $0 + $1.discount } }
    var amountTotal: Int { amountSubtotal - amountDiscount }

    var isTrial: Bool { mode == .subscription && (trialDays ?? 0) > 0 }

    /// `success_url` with the session's id put in.
    var successRedirect: String { successURL.replacing("{CHECKOUT_SESSION_ID}", with: id) }
}
