import Testing

@testable import Stripe

@Suite("The settings of Stripe's client")
struct StripeConfigurationTests {
    @Test("tell the mode by the key", arguments: [("sk_live_a", true), ("rk_live_a", true), ("sk_test_a", false), ("rk_test_a", false)])
    func livemode(key: String, livemode: Bool) throws {
        #expect(try StripeConfiguration(secretKey: key).livemode == livemode)
    }

    @Test(
        "refuse what is no secret key",
        arguments: [
            "", "sk", "sk_test_", "pk_test_a", "whsec_a", "sk_prod_a", "sk_test_a b", "sk_test_a\r\nX: y", "sk_test_ä", " sk_test_a",
        ])
    func badKey(key: String) {
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: key) } == .configuration)
    }

    @Test(
        "take an address with or without a slash at its end",
        arguments: [
            ("http://127.0.0.1:12111", "http://127.0.0.1:12111"), ("http://127.0.0.1:12111//", "http://127.0.0.1:12111"),
            ("HTTPS://api.stripe.com/", "https://api.stripe.com"), ("http://stripe/mock/", "http://stripe/mock"),
        ])
    func base(text: String, expected: String) throws {
        #expect(try StripeConfiguration(secretKey: "sk_test_a", apiBase: text).apiBase == expected)
    }

    @Test(
        "refuse what is no address",
        arguments: [
            "", "api.stripe.com", "ftp://a", "https://", "https://u:p@a", "https://a?b=c", "https://a#b", "https://a b", "https://a\r\nb",
            "file:///etc/passwd",
        ])
    func badBase(text: String) {
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: "sk_test_a", apiBase: text) } == .configuration)
    }

    @Test("refuse to send a live key in the clear")
    func liveInTheClear() {
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: "sk_live_a", apiBase: "http://a") } == .configuration)
    }

    @Test("refuse numbers that cannot work, and a version that is none")
    func numbers() {
        let key = "sk_test_a"
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: key, timeout: .zero) } == .configuration)
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: key, maxRetries: -1) } == .configuration)
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: key, maxRetries: 11) } == .configuration)
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: key, maxConcurrentRequests: 0) } == .configuration)
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: key, apiVersion: "1\r\nX: y") } == .configuration)
        #expect(kind { () throws(StripeError) in try StripeConfiguration(secretKey: key, apiVersion: "") } == .configuration)
    }

    @Test("show the key in no text, dump or error")
    func hidden() throws {
        let configuration = try StripeConfiguration(secretKey: "sk_test_canary")
        var texts = ["\(configuration)", String(reflecting: configuration), "\(configuration.secretKey)", ""]
        dump(configuration, to: &texts[3])
        do { _ = try StripeConfiguration(secretKey: "pk_live_canary") } catch { texts += ["\(error)", String(reflecting: error)] }
        #expect(texts.count == 6)
        for text in texts { #expect(!text.contains("canary")) }
    }

    private func kind(of make: () throws(StripeError) -> StripeConfiguration) -> StripeError.Kind? {
        do {
            _ = try make()
            return nil
        } catch {
            return error.kind
        }
    }
}
