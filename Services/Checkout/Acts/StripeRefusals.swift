import Messaging
import Models
import Stripe

/// Tells what Stripe refuses for good: to the user what the user can mend, to an operator what only an operator can. Neither is an outage, and
/// waiting mends neither.
struct StripeRefusals: Sendable {
    let alerts: Alerts
    /// Which call of ours asks.
    let call: String

    /// A price that is sold cannot be bought.
    static let price = Alert(
        "price_unavailable",
        remedy: "Sell another price: name it first in the plan's STRIPE_PRICE setting, or make this one active at Stripe.")
    /// Stripe does not do what it is asked.
    static let refused = Alert(
        "stripe_refused", remedy: "See whether STRIPE_SECRET_KEY is valid and may do this, and what Stripe's log of requests says.")

    /// Runs `work` and raises an alert when Stripe refuses the key or the request itself; the error goes on to the caller.
    func told<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as StripeError where !error.isRetriable && !error.isUnknownOutcome {
            try await alerts.raise(Self.refused, about: call, error.debugDescription)
            throw error
        }
    }

    /// What the refusal of a session means.
    func refusal(for error: StripeError, price: PriceID) async throws -> any Error {
        if error.isAboutCurrency { return CheckoutRefusal.currencyMismatch }
        guard error.isAboutPrice else { return error }
        return try await unavailable(price, because: error.debugDescription)
    }

    /// That nobody can buy at a price, and why.
    func unavailable(_ price: PriceID, because reason: String) async throws -> CheckoutRefusal {
        try await alerts.raise(Self.price, about: price.rawValue, reason)
        return .planUnavailable
    }

    /// Ends what was told of this call, now that Stripe has done what it was asked.
    func clear(_ price: PriceID? = nil) async throws {
        if let price { try await alerts.clear(Self.price, about: price.rawValue) }
        try await alerts.clear(Self.refused, about: call)
    }
}

extension StripeError {
    /// A customer who has a subscription, a discount or an open invoice item in one currency can buy in no other. Stripe has no code for it, only
    /// the sentence "You cannot combine currencies on a single customer" (woocommerce-payments issue 7732, rallly pull request 3307), and for
    /// some prices that their currency "does not match the customer currency" (Paymenter issue 986).
    fileprivate var isAboutCurrency: Bool {
        guard kind == .invalidRequest, let message = message?.lowercased() else { return false }
        return message.contains("combine currencies") || (message.contains("currency") && message.contains("does not match"))
    }

    /// `resource_missing` of the line's price, or "The price specified is inactive" (stripe-firebase-extensions issue 560), which also comes
    /// when only the product is archived (stripe-node issue 2131).
    fileprivate var isAboutPrice: Bool {
        param?.hasPrefix("line_items") == true || message?.contains("price specified is inactive") == true
    }
}
