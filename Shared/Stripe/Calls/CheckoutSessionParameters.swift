package import Foundation
package import Models

/// What a hosted sign-up page is opened with. The same values with the same idempotency key give the same session.
package struct CheckoutSessionParameters: Codable, Sendable, Hashable {
    /// Who pays.
    package var customer: CustomerID
    /// The price of the plan.
    package var price: PriceID
    /// Kept in the metadata of session and subscription.
    package var plan: Plan
    /// Kept in the metadata of session and subscription. Also the client reference, which Stripe's dashboard shows and nothing reads, unless it
    /// is longer than the 200 characters that Stripe takes there.
    package var userID: UserID
    /// Which installation opens it; kept in the metadata of session and subscription.
    package var installation: String
    /// Where Stripe sends the customer who has paid; `{CHECKOUT_SESSION_ID}` in it is replaced by Stripe.
    package var successURL: String
    /// Where Stripe sends the customer who turned back.
    package var cancelURL: String
    /// Days before the first payment; nil for none.
    package var trialDays: Int?
    /// Whether codes of promotions can be entered.
    package var takesPromotionCodes = false
    /// Whether Stripe computes the tax, from the address that the page then asks for and keeps.
    package var computesTax = false
    /// When the page closes, 30 minutes to 24 hours ahead; nil for 24 hours. Stripe counts whole seconds.
    package var expiresAt: Date?

    package init(
        customer: CustomerID, price: PriceID, plan: Plan, userID: UserID, installation: String, successURL: String,
        cancelURL: String, trialDays: Int? = nil, expiresAt: Date? = nil
    ) {
        self.customer = customer
        self.price = price
        self.plan = plan
        self.userID = userID
        self.installation = installation
        self.successURL = successURL
        self.cancelURL = cancelURL
        self.trialDays = trialDays
        self.expiresAt = expiresAt
    }

    /// Stripe's API reference, "Create a Checkout Session", `client_reference_id`.
    private static let longestReference = 200

    var form: Form {
        var form = Form()
        form.set("subscription", at: "mode")
        form.set(customer.rawValue, at: "customer")
        if userID.rawValue.unicodeScalars.count <= Self.longestReference { form.set(userID.rawValue, at: "client_reference_id") }
        form.set(price.rawValue, at: "line_items", "0", "price")
        form.set(1, at: "line_items", "0", "quantity")
        form.set(successURL, at: "success_url")
        form.set(cancelURL, at: "cancel_url")
        form.set(userID.rawValue, at: "metadata", "user_id")
        form.set(plan.rawValue, at: "metadata", "plan_id")
        form.set(installation, at: "metadata", "installation")
        form.set(userID.rawValue, at: "subscription_data", "metadata", "user_id")
        form.set(plan.rawValue, at: "subscription_data", "metadata", "plan_id")
        form.set(installation, at: "subscription_data", "metadata", "installation")
        form.set(trialDays, at: "subscription_data", "trial_period_days")
        if takesPromotionCodes { form.set(true, at: "allow_promotion_codes") }
        if computesTax {
            form.set(true, at: "automatic_tax", "enabled")
            // Of a customer who has none yet (Stripe's documentation, "Tax on Checkout", existing customers).
            form.set("auto", at: "customer_update", "address")
        }
        form.set(expiresAt.map { Int($0.timeIntervalSince1970.rounded(.down)) }, at: "expires_at")
        return form
    }
}
