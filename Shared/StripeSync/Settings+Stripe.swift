package import ServiceKit
package import Stripe

extension Settings {
    /// How Stripe is reached: `STRIPE_SECRET_KEY`, and `STRIPE_API_BASE` where it is not Stripe's own. With a key that moves real money no secret
    /// may be one that anybody can read.
    package func stripe() -> StripeConfiguration {
        let key = secret("STRIPE_SECRET_KEY")
        if StripeSecretKey(key)?.livemode == true { requireOwnSecrets(because: "STRIPE_SECRET_KEY moves real money") }
        let base = string("STRIPE_API_BASE", default: StripeConfiguration.defaultAPIBase)
        do {
            return try StripeConfiguration(secretKey: key, apiBase: base)
        } catch {
            reject("STRIPE_SECRET_KEY", because: "cannot be used with STRIPE_API_BASE: \(error.message ?? "\(error)")")
            do {
                return try StripeConfiguration(secretKey: "sk_test_rejected")
            } catch {
                preconditionFailure("the stand-in for a rejected setting is valid: \(error)")
            }
        }
    }
}
