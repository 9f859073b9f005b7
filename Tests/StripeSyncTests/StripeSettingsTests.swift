import ServiceKit
import StripeSync
import Testing

@Suite("How Stripe is reached")
struct StripeSettingsTests {
    @Test("a key that moves real money bears no secret beside it that this project publishes", arguments: ["sk_live_1", "rk_live_1"])
    func live(key: String) throws {
        let settings = Settings(["STRIPE_SECRET_KEY": key, "STRIPE_WEBHOOK_SECRET": "whsec_sandbox"])
        _ = (settings.stripe(), settings.secret("STRIPE_WEBHOOK_SECRET"))
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        #expect(error.complaints.map(\.name) == ["STRIPE_WEBHOOK_SECRET"])
        #expect(error.description.contains("STRIPE_SECRET_KEY moves real money"))
    }

    @Test("a key for tests does, and a live one bears one's own", arguments: [("sk_test_1", "whsec_sandbox"), ("sk_live_1", "whsec_own")])
    func accepted(key: String, secret: String) throws {
        let settings = Settings(["STRIPE_SECRET_KEY": key, "STRIPE_WEBHOOK_SECRET": secret])
        _ = (settings.stripe(), settings.secret("STRIPE_WEBHOOK_SECRET"))
        try settings.validate()
    }

    @Test("a live key is not sent to where anybody can read it, and what else is wrong is told with that")
    func together() throws {
        let settings = Settings([
            "STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_API_BASE": "http://stripe.test", "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
        ])
        _ = (settings.stripe(), settings.secret("STRIPE_WEBHOOK_SECRET"))
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        #expect(error.complaints.map(\.name) == ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])
    }

    @Test("a key that is none is a complaint")
    func malformed() throws {
        let settings = Settings(["STRIPE_SECRET_KEY": "pk_live_1"])
        _ = settings.stripe()
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        #expect(error.complaints.map(\.name) == ["STRIPE_SECRET_KEY"])
    }
}
