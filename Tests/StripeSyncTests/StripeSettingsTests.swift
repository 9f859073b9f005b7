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

    @Test("a key for tests does")
    func test() throws {
        let settings = Settings(["STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_sandbox"])
        _ = (settings.stripe(), settings.secret("STRIPE_WEBHOOK_SECRET"))
        try settings.validate()
    }

    @Test("a key that is none is a complaint")
    func malformed() throws {
        let settings = Settings(["STRIPE_SECRET_KEY": "pk_live_1"])
        _ = settings.stripe()
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        #expect(error.complaints.map(\.name) == ["STRIPE_SECRET_KEY"])
    }
}
